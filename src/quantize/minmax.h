// SPDX-License-Identifier: Apache-2.0
// quantize/minmax.h   Formats that look at one tensor at a time: where the searches start.
#pragma once

#include "data/features.h"
#include "engine/engine.h"
#include "quantize/observer.h"
#include "quantize/quantize.h"

namespace qmn {

/// `parameters` and, for each activation, the narrowest format that holds all observed values.
Quantization minmax_formats(const Graph& prepared, const Quantization& parameters, const RangeObserver& observer);

/// For each tensor the format of least squared rounding and saturation error among that of `minmax` and a few narrower ones; 32-bit
/// biases keep theirs.
Quantization mse_formats(const Graph& prepared, const Quantization& minmax, Evaluator& evaluator, const FeatureSet& calibration, const CalibrationMask& mask);

}  // namespace qmn
