// SPDX-License-Identifier: Apache-2.0
// quantize/rule_formats.h   The formats of a whole net when each tensor is looked at by itself: where the searches start.
#pragma once

#include "quantize/quantize.h"
#include "quantize/range_choice.h"

namespace qmn {

/// `parameters`, and for each activation the format of the rule (tied ones the same). The rule mse chooses the 8-bit weights and biases
/// too; the others leave them to the classic rule, as values that are known need no statistics.
Quantization rule_formats(RangeRule rule, const Graph& prepared, const Quantization& parameters, const RangeObserver& observer, double percentile = kDefaultPercentile);

}  // namespace qmn
