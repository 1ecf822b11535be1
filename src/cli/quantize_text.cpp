// SPDX-License-Identifier: Apache-2.0
#include "cli/quantize_text.h"

#include "quantize/divergence.h"
#include "quantize/layers.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace qmn::cli {
namespace {

/// Shifts of each output channel: equal ones count once.
struct LayerRow {
  std::string name, input, weights, bias, output;
  std::optional<int> bias_shift;
  std::vector<int> out_shifts;

  /// "5", or "5…9" where channels differ.
  std::string out_shift_text() const {
    const auto [low, high] = std::ranges::minmax(out_shifts);
    return low == high ? std::to_string(low) : fmt::format("{}…{}", low, high);
  }
};

std::vector<LayerRow> layer_rows(const Model& model) {
  const Quantization& quantization = *model.quantization;
  std::vector<LayerRow> rows;
  for (const WeightedLayer& layer : weighted_layers(model.graph)) {
    const QFormat input = quantization.formats.at(layer.input), output = quantization.formats.at(layer.output);
    LayerRow row{layer.name, input.name(), quantization.format_name(layer.weight), "", output.name(), std::nullopt, {}};
    if (layer.bias != kNoValue) {
      row.bias = quantization.format_name(layer.bias);
      row.bias_shift = bias_shift(input, quantization.formats.at(layer.weight), quantization.formats.at(layer.bias));
    }
    for (const int frac_bits : quantization.channels_of(layer.weight)) row.out_shifts.push_back(out_shift(input, {8, frac_bits}, output));
    rows.push_back(std::move(row));
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
    table.add_row({row.name, row.input, row.weights, row.bias.empty() ? "-" : row.bias, row.output, row.bias_shift ? std::to_string(*row.bias_shift) : "-", row.out_shift_text()});
  }
  return table.text();
}

nlohmann::json layer_json(const Model& model) {
  nlohmann::json layers = nlohmann::json::array();
  for (const LayerRow& row : layer_rows(model)) {
    const bool is_per_channel = row.out_shifts.size() > 1;
    nlohmann::json layer{{"name", row.name}, {"input", row.input}, {"weights", row.weights}, {"output", row.output}};
    if (is_per_channel) layer["out_shifts"] = row.out_shifts;
    else layer["out_shift"] = row.out_shifts.front();
    if (row.bias_shift) {
      layer["bias"] = row.bias;
      layer["bias_shift"] = *row.bias_shift;
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

std::string progress_text(const QuantizeResult& result, const FeatureSet& calibration) {
  if (calibration.outputs == OutputKind::values) return fmt::format("SQNR {:.1f} -> {:.1f} dB", decibels(result.start.kl), decibels(result.final.kl));
  const std::string kl = fmt::format("KL {:.5f} -> {:.5f}", result.start.kl, result.final.kl);
  return calibration.has_labels() ? fmt::format("{}, accuracy {:.2f} -> {:.2f} %", kl, 100 * result.start.accuracy, 100 * result.final.accuracy) : kl;
}

std::string step_table(const std::vector<RecipeStep>& steps, OutputKind outputs) {
  if (outputs == OutputKind::values) {
    Table table({"step", "SQNR dB", "kept", "seconds"});
    for (const RecipeStep& step : steps) table.add_row({step.name, fmt::format("{:.2f}", decibels(step.check.kl)), step.is_kept ? "yes" : "-", fmt::format("{:.1f}", step.seconds)});
    return table.text();
  }
  Table table({"step", "KL", "same label", "expected loss", "cautious", "difference", "kept", "seconds"});
  for (const RecipeStep& step : steps) {
    table.add_row({step.name, fmt::format("{:.5f}", step.check.kl), fmt::format("{:.2f} %", 100 * step.check.agreement), fmt::format("{:.3f}", 100 * step.check.expected_loss), fmt::format("{:.3f}", 100 * step.check.cautious_loss),
                   fmt::format("{:+.2f}", 100 * step.check.difference), step.is_kept ? "yes" : "-", fmt::format("{:.1f}", step.seconds)});
  }
  return table.text();
}

nlohmann::json step_json(const std::vector<RecipeStep>& steps) {
  nlohmann::json rows = nlohmann::json::array();
  for (const RecipeStep& step : steps) {
    rows.push_back({{"name", step.name}, {"kl", step.check.kl}, {"agreement", step.check.agreement}, {"expected_loss", step.check.expected_loss}, {"cautious_loss", step.check.cautious_loss},
                    {"difference", step.check.difference}, {"is_kept", step.is_kept}, {"seconds", step.seconds}});
  }
  return rows;
}

}  // namespace qmn::cli
