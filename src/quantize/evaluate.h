// SPDX-License-Identifier: Apache-2.0
// quantize/evaluate.h   The logits of one model in each of its forms, over the same clips: [clip][class], as reals.
#pragma once

#include "data/features.h"
#include "graph/quantization.h"

#include <vector>

namespace qmn {

/// Float weights and activations; a quantized model keeps its float weights.
std::vector<float> float_logits(const Model& model, const FeatureSet& clips);
/// Weights and biases in their own formats, or by the classic rule where the model has none; activations float.
std::vector<float> weights_only_logits(const Model& model, const FeatureSet& clips);
/// All formats of the model, computed in float: what the device computes, foretold. Takes the device's features where the clips have them.
std::vector<float> fake_quant_logits(const Model& model, const FeatureSet& clips);
/// What the device computes, from its own features where the clips have them: lowered, planned and simulated, then scaled to reals.
std::vector<float> integer_logits(const Model& model, const FeatureSet& clips);

}  // namespace qmn
