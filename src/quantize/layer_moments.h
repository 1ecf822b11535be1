// SPDX-License-Identifier: Apache-2.0
// quantize/layer_moments.h   What a layer's output error is a function of: second moments of its input, from which any choice of weights and
// bias can be judged without running the net again.
//
//   z = [x̂ ; 1]      a patch of the layer's input as the quantized net has it, and the bias's constant
//   t = w·x + b       what the float net computes there, for each output channel, before the activation
//   gram = E[z zᵀ]    cross = E[z t]          E: mean over clips and output positions
//   E (t − v·z)² = E t² − 2 v·cross + vᵀ·gram·v     for weights and bias v = [w' ; b'] of one output channel
#pragma once

#include "graph/graph.h"
#include "quantize/layers.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

struct LayerMoments {
  std::size_t size = 0;                     ///< patch length + 1
  std::size_t outputs_of_group = 0;         ///< a depthwise layer has a gram for each group
  std::vector<std::vector<double>> gram;    ///< [group][size · size]
  std::vector<std::vector<double>> cross;   ///< [output channel][size]
};

/// `float_inputs` (x) and `quantized_inputs` (x̂): the layer's input for the same clips, [clip][values]. Large layers are sampled: an even choice of
/// positions, so that the work stays bounded.
LayerMoments layer_moments(const Graph& graph, const WeightedLayer& layer, std::span<const float> float_inputs, std::span<const float> quantized_inputs);

}  // namespace qmn
