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
  /// The values between alone decide: every channel of them gets the same range, whatever that makes of the weights behind.
  bool ignores_second = false;
};

/// Scales the channels between consecutive layers; see equalize.cpp for the formula. Returns how many pairs of layers it scaled.
/// Pre: batch norms folded, activations fused (prepare_for_inference).
int equalize_layers(Graph& graph, const EqualizeSettings& settings = {});

}  // namespace qmn
