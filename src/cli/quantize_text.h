// SPDX-License-Identifier: Apache-2.0
// cli/quantize_text.h   What qmn quantize prints: layers, ranges, steps of a recipe; as tables and as JSON.
#pragma once

#include "data/features.h"
#include "quantize/recipe.h"

#include <nlohmann/json.hpp>

#include <string>

namespace qmn::cli {

std::string layer_table(const Model& model);
nlohmann::json layer_json(const Model& model);

/// What the range of each activation is driven by, and what its format cuts off.
std::string activation_table(const QuantizeResult& result, const FeatureSet& calibration);
nlohmann::json tensor_json(const QuantizeResult& result, const FeatureSet& calibration);

std::string step_table(const std::vector<RecipeStep>& steps, OutputKind outputs);

/// From the first formats to the last: "KL 0.02112 -> 0.00131, accuracy 91.20 -> 92.00 %", or of values "SQNR 31.2 -> 44.0 dB".
std::string progress_text(const QuantizeResult& result, const FeatureSet& calibration);
nlohmann::json step_json(const std::vector<RecipeStep>& steps);

}  // namespace qmn::cli
