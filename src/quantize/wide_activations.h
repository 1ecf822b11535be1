// SPDX-License-Identifier: Apache-2.0
// quantize/wide_activations.h   16 bits for named activations: the format and the names.
//
//   int_bits = ceil(log2 max|x|) + 1,  frac_bits = 15 - int_bits       of the values that calibration observed
// One bit of headroom costs nothing that 8-bit neighbors would notice, and nothing saturates; so a search leaves these formats alone.
#pragma once

#include "quantize/layers.h"
#include "quantize/observer.h"

#include <string>
#include <vector>

namespace qmn {

QFormat wide_format(const ObservedRange& range);

/// The activations of these names. Error (usage): a name that no activation has (lists those that there are).
std::vector<TiedValues> named_activations(const Graph& graph, const std::vector<std::string>& names);

}  // namespace qmn
