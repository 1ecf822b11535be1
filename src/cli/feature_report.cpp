// SPDX-License-Identifier: Apache-2.0
#include "cli/feature_report.h"

#include "base/error.h"
#include "cli/form_table.h"
#include "quantize/evaluate.h"
#include "quantize/feature_error.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace qmn::cli {
namespace {

constexpr std::int64_t kFarthestRow = 4;  ///< errors beyond share a row

std::string percent(std::int64_t count, std::int64_t of) { return fmt::format("{:.4f}", 100.0 * static_cast<double>(count) / static_cast<double>(of)); }

std::string histogram(const FeatureErrors& errors) {
  constexpr double kWidest = 40;
  Table table({"error", "features", "%", "share"});
  const auto add = [&](const std::string& name, std::int64_t count) {
    const auto length = static_cast<std::size_t>(std::lround(kWidest * static_cast<double>(count) / static_cast<double>(errors.feature_count)));
    table.add_row({name, std::to_string(count), percent(count, errors.feature_count), count > 0 && length == 0 ? "." : std::string(length, '#')});
  };
  for (std::int64_t error = -kFarthestRow; error <= kFarthestRow; ++error) {
    const auto found = errors.counts.find(error);
    add(fmt::format("{:+d}", error), found == errors.counts.end() ? 0 : found->second);
  }
  add("beyond", errors.feature_count - errors.count_within(kFarthestRow));
  return table.text();
}

QFormat input_format(const Model& model, const std::string& path) {
  if (!model.quantization) fail_usage("--features: {} is a float model; quantize it first (qmn quantize)", path);
  const std::optional<QFormat> format = model.quantization->format_of(model.graph.input);
  if (!format) fail_usage("--features: the input of {} is float", path);
  return *format;
}

}  // namespace

nlohmann::json feature_report(const Model& model, const std::string& path, const FeatureSet& clips, const std::vector<std::string>& labels, bool is_json) {
  const QFormat format = input_format(model, path);
  if (clips.device_features.empty()) fail_usage("--features: {} takes no sound, or its window is none of 5 to 8192 samples: there is no integer front end", path);
  const FeatureErrors errors = feature_errors(clips, format);
  FeatureSet of_reference = clips;
  of_reference.device_features.clear();
  const std::unique_ptr<FormTable> forms = FormTable::of(clips, labels);
  forms->add("integer net, float features", integer_logits(model, of_reference));
  forms->add("integer net, integer features", integer_logits(model, clips));
  if (!is_json) {
    fmt::print("error of the integer front end in steps of the network's input ({}), {} features:\n{}", format.name(), errors.feature_count, histogram(errors));
    fmt::print("within 1: {} %\n\n{}\n", percent(errors.count_within(1), errors.feature_count), forms->table());
  }
  nlohmann::json counts = nlohmann::json::object();
  for (const auto& [error, count] : errors.counts) counts[std::to_string(error)] = count;
  return {{"input_format", format.name()}, {"features", errors.feature_count}, {"errors", counts}, {"within_1", static_cast<double>(errors.count_within(1)) / static_cast<double>(errors.feature_count)},
          {"float_features", forms->json(0)}, {"integer_features", forms->json(1)}};
}

}  // namespace qmn::cli
