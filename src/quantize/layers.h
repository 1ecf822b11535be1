// SPDX-License-Identifier: Apache-2.0
// quantize/layers.h   What the searches see of a prepared graph: layers with weights, and activations that share a format.
#pragma once

#include "graph/graph.h"

#include <optional>
#include <string>
#include <vector>

namespace qmn {

/// A Conv or Gemm: the nodes that have weights, a bias_shift and an out_shift.
struct WeightedLayer {
  std::string name;
  ValueId input = kNoValue, weight = kNoValue, bias = kNoValue, output = kNoValue;  ///< bias: kNoValue when there is none
};
/// Those in the bodies of Scans too, in order of execution.
std::vector<WeightedLayer> weighted_layers(const Graph& prepared);
/// The layer that a node is, if it has weights.
std::optional<WeightedLayer> weighted_layer(const Node& node);

/// Activations that always carry one format: a node between them only renames its values (Flatten), or a Scan hands them from step to step, in
/// and out. The first gives the name.
using TiedValues = std::vector<ValueId>;

/// The graph's input and every node's output in order of execution, bodies included, tied values together. A Softmax is left out: its format
/// is fixed.
std::vector<TiedValues> activation_groups(const Graph& prepared);

}  // namespace qmn
