// SPDX-License-Identifier: Apache-2.0
// engine/train_node.h   One chunk of clips through one node in training mode, differentiable. Inside the module only: torch types.
#pragma once

#include "engine/executor.h"

#include <functional>
#include <span>
#include <vector>

namespace qmn {

struct TrainContext {
  const Graph& graph;
  const Parameters& all;      ///< unrounded
  const Parameters& rounded;  ///< those of the node at hand, of a Scan all of its body
  std::function<at::Tensor(const at::Tensor&, ValueId)> round;  ///< fake-quantizes an activation that has a format
};

/// The initializers that training changes when it changes the node: of a Scan those of its body, without the initial states.
std::vector<ValueId> trained_parameters(const Node& node);

/// The values of outputs_of(node) for those of activation_inputs(node). Activations are fake-quantized with straight-through gradients, in
/// a body too. Dropout is drawn from `seed`. Pre: the node is no BatchNorm.
std::vector<at::Tensor> train_node(const TrainContext& context, const Node& node, std::span<const at::Tensor> inputs, std::uint64_t seed);

}  // namespace qmn
