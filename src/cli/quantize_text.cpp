// SPDX-License-Identifier: Apache-2.0
#include "cli/quantize_text.h"

#include "quantize/layers.h"
#include "report/table.h"

#include <fmt/format.h>

namespace qmn::cli {
namespace {

struct LayerRow {
  std::string name;
  QFormat input, weight, output;
  std::optional<QFormat> bias;
};

std::vector<LayerRow> layer_rows(const Model& model) {
  const auto format = [&](ValueId id) { return model.quantization->formats.at(id); };
  std::vector<LayerRow> rows;
  for (const WeightedLayer& layer : weighted_layers(model.graph)) {
    rows.push_back({layer.name, format(layer.input), format(layer.weight), format(layer.output), layer.bias == kNoValue ? std::nullopt : std::optional(format(layer.bias))});
  }
  return rows;
}

/// "yes/0a1b2c3d_nohash_0.wav"; silence has no file.
std::string clip_name(const FeatureSet& clips, std::int64_t row) {
  if (row < 0) return "-";
  const std::filesystem::path& path = clips.paths[static_cast<std::size_t>(row)];
  return path.empty() ? "silence" : (path.parent_path().filename() / path.filename()).string();
}

}  // namespace

std::string layer_table(const Model& model) {
  Table table({"layer", "input", "weights", "bias", "output", "bias_shift", "out_shift"});
  for (const LayerRow& row : layer_rows(model)) {
    table.add_row({row.name, row.input.name(), row.weight.name(), row.bias ? row.bias->name() : "-", row.output.name(),
                   row.bias ? std::to_string(bias_shift(row.input, row.weight, *row.bias)) : "-", std::to_string(out_shift(row.input, row.weight, row.output))});
  }
  return table.text();
}

nlohmann::json layer_json(const Model& model) {
  nlohmann::json layers = nlohmann::json::array();
  for (const LayerRow& row : layer_rows(model)) {
    nlohmann::json layer{{"name", row.name}, {"input", row.input.name()}, {"weights", row.weight.name()}, {"output", row.output.name()},
                         {"out_shift", out_shift(row.input, row.weight, row.output)}};
    if (row.bias) {
      layer["bias"] = row.bias->name();
      layer["bias_shift"] = bias_shift(row.input, row.weight, *row.bias);
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

std::string activation_table(const QuantizeResult& result, const FeatureSet& calibration) {
  Table table({"activation", "format", "range", "saturating", "a bit narrower", "largest, channel, clip"});
  for (const TensorRange& range : result.tensors) {
    if (range.is_parameter) continue;
    const Extreme& largest = range.observed.largest;
    table.add_row({range.name, range.chosen.name(), fmt::format("[{:g}, {:g}]", range.chosen.real_min(), range.chosen.real_max()),
                   fmt::format("{:.3f} %", 100 * range.saturating_share),
                   fmt::format("{:.3f} %", 100 * range.observed.saturating_share({range.chosen.total_bits, range.chosen.frac_bits + 1})),
                   fmt::format("{:.4g}, {}, {}", largest.value, largest.channel, clip_name(calibration, largest.clip))});
  }
  return table.text();
}

nlohmann::json tensor_json(const QuantizeResult& result, const FeatureSet& calibration) {
  nlohmann::json tensors = nlohmann::json::object();
  for (const TensorRange& range : result.tensors) {
    const ObservedRange& observed = range.observed;
    nlohmann::json tensor{{"format", range.chosen.name()}, {"saturating_share", range.saturating_share}, {"min", observed.min}, {"max", observed.max}};
    for (const RangeCandidate& candidate : range.candidates) tensor["candidates"][candidate.rule] = {{"format", candidate.format.name()}, {"saturating_share", candidate.saturating_share}};
    for (const auto& [power, share] : range.beyond) tensor["beyond"].push_back({{"power_of_two", power}, {"share", share}});
    if (!range.is_parameter) tensor["largest"] = {{"value", observed.largest.value}, {"channel", observed.largest.channel}, {"clip", clip_name(calibration, observed.largest.clip)}};
    tensors[range.name] = std::move(tensor);
  }
  return tensors;
}

std::string step_table(const std::vector<RecipeStep>& steps) {
  Table table({"step", "KL", "same label", "expected loss", "difference", "kept", "seconds"});
  for (const RecipeStep& step : steps) {
    table.add_row({step.name, fmt::format("{:.5f}", step.check.kl), fmt::format("{:.2f} %", 100 * step.check.agreement), fmt::format("{:.3f}", 100 * step.check.expected_loss),
                   fmt::format("{:+.2f}", 100 * step.check.difference), step.is_kept ? "yes" : "-", fmt::format("{:.1f}", step.seconds)});
  }
  return table.text();
}

nlohmann::json step_json(const std::vector<RecipeStep>& steps) {
  nlohmann::json rows = nlohmann::json::array();
  for (const RecipeStep& step : steps) {
    rows.push_back({{"name", step.name}, {"kl", step.check.kl}, {"agreement", step.check.agreement}, {"expected_loss", step.check.expected_loss},
                    {"difference", step.check.difference}, {"is_kept", step.is_kept}, {"seconds", step.seconds}});
  }
  return rows;
}

}  // namespace qmn::cli
