// SPDX-License-Identifier: Apache-2.0
// report/tensor_values.h   What values each quantized tensor takes, for the histograms of the report.
#pragma once

#include "data/features.h"
#include "graph/quantization.h"
#include "quantize/histogram.h"
#include "quantize/observer.h"

#include <vector>

namespace qmn {

struct TensorValues {
  ValueId value = kNoValue;
  ObservedRange range;
  Histogram histogram;
};

/// Of every parameter and activation that has a format (tied ones once), a layer's parameters in front of what it writes; of the float net,
/// activations over `clips` without digital silence.
std::vector<TensorValues> observe_tensors(const Model& quantized, const FeatureSet& clips);

}  // namespace qmn
