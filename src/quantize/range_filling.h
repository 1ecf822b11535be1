// SPDX-License-Identifier: Apache-2.0
// quantize/range_filling.h   Scales that no kernel has to know: a tensor that fills 60 % of its power-of-two range can fill all of it.
//
// Formats are powers of two, so a range may be almost twice as wide as the values ask for. Between two layers a number s > 0 can be moved from
// what the first writes to the weights of the second (passes/equalize.h, scale_values): x' = x / s. Coordinate descent over s = 2^(k/4) of each
// such tensor, under the formats as they are, finds the s for which rounding and saturation together cost least at the net's output.
#pragma once

#include "quantize/search.h"

#include <map>

namespace qmn {

/// The divisors of the values that gain by one; `search` then stands at their cost, its wish holding the scaled parameters as corrections.
/// Pre: the wish of `search` has no corrections.
std::map<ValueId, double> fill_ranges(RangeSearch& search, bool is_quiet);

}  // namespace qmn
