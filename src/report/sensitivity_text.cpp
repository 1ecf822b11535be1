// SPDX-License-Identifier: Apache-2.0
#include "report/sensitivity_text.h"

#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

nlohmann::json score_json(const CalibrationScore& score) { return {{"kl", score.kl}, {"accuracy", score.accuracy}}; }

std::string points(double accuracy, double base) { return fmt::format("{:+.2f}", 100 * (accuracy - base)); }

/// Of outputs that are values.
std::string noise_table(const Sensitivity& sensitivity, std::size_t count) {
  Table table({"tensor", "kind", "format", "harm", "all but it: noise", "it alone: noise", "SQNR dB"});
  for (std::size_t i = 0; i < std::min(count, sensitivity.tensors.size()); ++i) {
    const TensorSensitivity& tensor = sensitivity.tensors[i];
    table.add_row({tensor.name, tensor_kind_name(tensor.kind), tensor.format.name(), fmt::format("{:+.2e}", tensor.harm), fmt::format("{:.2e}", tensor.leave_one_out.kl),
                   fmt::format("{:.2e}", tensor.one_only.kl), decibel_text(tensor.sqnr_db)});
  }
  return table.text();
}

}  // namespace

std::string sensitivity_table(const Sensitivity& sensitivity, std::size_t count) {
  if (sensitivity.outputs == OutputKind::values) return noise_table(sensitivity, count);
  Table table({"tensor", "kind", "format", "harm", "all but it: KL", "points", "it alone: KL", "points", "SQNR dB"});
  for (std::size_t i = 0; i < std::min(count, sensitivity.tensors.size()); ++i) {
    const TensorSensitivity& tensor = sensitivity.tensors[i];
    table.add_row({tensor.name, tensor_kind_name(tensor.kind), tensor.format.name(), fmt::format("{:+.5f}", tensor.harm), fmt::format("{:.5f}", tensor.leave_one_out.kl),
                   points(tensor.leave_one_out.accuracy, sensitivity.quantized_net.accuracy), fmt::format("{:.5f}", tensor.one_only.kl),
                   points(tensor.one_only.accuracy, sensitivity.float_net.accuracy), decibel_text(tensor.sqnr_db)});
  }
  return table.text();
}

nlohmann::json sensitivity_json(const Sensitivity& sensitivity) {
  nlohmann::json tensors = nlohmann::json::array();
  for (const TensorSensitivity& tensor : sensitivity.tensors) {
    tensors.push_back({{"name", tensor.name},
                       {"layer", tensor.layer},
                       {"kind", tensor_kind_name(tensor.kind)},
                       {"format", tensor.format.name()},
                       {"harm", tensor.harm},
                       {"leave_one_out", score_json(tensor.leave_one_out)},
                       {"one_only", score_json(tensor.one_only)},
                       {"sqnr_db", std::isfinite(tensor.sqnr_db) ? nlohmann::json(tensor.sqnr_db) : nlohmann::json()}});
  }
  return {{"float_accuracy", sensitivity.float_net.accuracy}, {"quantized_accuracy", sensitivity.quantized_net.accuracy}, {"quantized_kl", sensitivity.quantized_net.kl}, {"tensors", std::move(tensors)}};
}

std::string decibel_text(double decibels) { return std::isfinite(decibels) ? fmt::format("{:.1f}", decibels) : decibels > 0 ? "exact" : "lost"; }

}  // namespace qmn
