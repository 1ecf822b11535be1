// SPDX-License-Identifier: Apache-2.0
// report/sensitivity_text.h   Sensitivity for a terminal and as JSON.
#pragma once

#include "quantize/sensitivity.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace qmn {

/// The `count` most harmful tensors: what the KL and the accuracy become when each one alone is float, and when each one alone is not.
std::string sensitivity_table(const Sensitivity& sensitivity, std::size_t count);

/// {"float_accuracy", "quantized_accuracy", "quantized_kl", "tensors": [{"name", "layer", "kind", "format", "harm", "leave_one_out": {"kl",
/// "accuracy"}, "one_only": {…}, "sqnr_db"}, …]}, most harmful first; sqnr_db is null where nothing is lost.
nlohmann::json sensitivity_json(const Sensitivity& sensitivity);

/// "41.3", "exact" where nothing is lost.
std::string decibel_text(double decibels);

}  // namespace qmn
