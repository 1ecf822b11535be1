// SPDX-License-Identifier: Apache-2.0
// passes/equalize.h   Cross-layer equalization: what one channel's range costs, its neighbors need not pay.
#pragma once

#include "graph/graph.h"

#include <map>
#include <vector>

namespace qmn {

struct EqualizeSettings {
  bool is_power_of_two = false;  ///< scales are rounded to powers of two: the float net stays the same bit for bit
  /// Largest |x| of each channel of each value, as observed (of the values that layers write); empty: the weights of the layers alone decide.
  std::map<ValueId, std::vector<float>> channel_max_abs{};
};

/// Scales the channels between consecutive layers; see equalize.cpp for the formula. Returns how many pairs of layers it scaled.
/// Pre: batch norms folded, activations fused (prepare_for_inference).
int equalize_layers(Graph& graph, const EqualizeSettings& settings = {});

/// The values that may be scaled so: what the first layer of each pair writes, in order of execution.
std::vector<ValueId> scalable_values(const Graph& graph);

/// Divides such values by a number each, all channels alike: w1' = w1 / s, b1' = b1 / s, w2' = w2 · s. Pre: s > 0.
void scale_values(Graph& graph, const std::map<ValueId, double>& divisors);

}  // namespace qmn
