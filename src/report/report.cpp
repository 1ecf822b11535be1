// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "lower/lower.h"
#include "plan/plan.h"
#include "quantize/divergence.h"
#include "quantize/metrics.h"
#include "quantize/remedy_hint.h"
#include "quantize/value_metrics.h"
#include "report/report_parts.h"
#include "report/sensitivity_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

namespace qmn {
namespace {

/// The device of the page is the default of qmn export, a Cortex-M4.
constexpr KernelVariant kReportVariant = KernelVariant::dsp;

/// Of outputs that are values: their errors, and the noise that the integers add.
nlohmann::json value_summary_json(const ReportInput& input) {
  const FeatureSet& check = input.check;
  const auto figures = [&](const std::vector<float>& outputs) {
    nlohmann::json json = nlohmann::json::object();
    const std::vector<double> errors = squared_errors(outputs, check);
    if (!errors.empty()) json["squared_error"] = std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size());
    if (const auto auc = anomaly_auc(outputs, check)) json["auc"] = *auc;
    return json;
  };
  const double noise = Divergence(OutputKind::values, input.float_logits, check.labels.size()).mean(input.float_logits, input.integer_logits);
  return {{"outputs", output_kind_name(OutputKind::values)},
          {"split", input.check_split},
          {"rows", check.row_count()},
          {"copies", input.copies},
          {"float", figures(input.float_logits)},
          {"integer", figures(input.integer_logits)},
          {"squared_distance", mean_squared_error(input.float_logits, input.integer_logits)},
          {"noise", noise},
          {"sqnr_db", decibels_json(decibels(noise))}};
}

nlohmann::json class_summary_json(const ReportInput& input) {
  const std::size_t classes = input.labels.size();
  const FeatureSet& check = input.check;
  const PairedDifference difference = paired_difference(input.float_logits, input.integer_logits, check.labels, check.clip_ids, classes);
  const auto accuracy_of = [&](const std::vector<float>& logits) {
    const Interval interval = accuracy_interval(logits, check.labels, check.clip_ids, classes);
    return nlohmann::json{{"accuracy", accuracy(logits, check.labels, classes)}, {"low", interval.low}, {"high", interval.high}};
  };
  return {{"outputs", output_kind_name(OutputKind::classes)},
          {"has_labels", check.has_labels()},
          {"split", input.check_split},
          {"rows", check.row_count()},
          {"copies", input.copies},
          {"float", accuracy_of(input.float_logits)},
          {"integer", accuracy_of(input.integer_logits)},
          {"difference", {{"mean", difference.mean}, {"low", difference.low}, {"high", difference.high}}},
          {"agreement", agreement(input.float_logits, input.integer_logits, classes)},
          {"kl", mean_kl(input.float_logits, input.integer_logits, classes)}};
}

nlohmann::json confusion_counts(const ReportInput& input, const std::vector<float>& logits) {
  const ConfusionMatrix matrix = confusion(logits, input.check.labels, input.labels);
  nlohmann::json rows = nlohmann::json::array();
  for (auto row = matrix.counts.begin(); row != matrix.counts.end(); row += static_cast<std::ptrdiff_t>(input.labels.size())) {
    rows.push_back(std::vector<std::int64_t>(row, row + static_cast<std::ptrdiff_t>(input.labels.size())));
  }
  return rows;
}

nlohmann::json confusion_json(const ReportInput& input) {
  if (input.check.outputs == OutputKind::values || !input.check.has_labels()) return nullptr;
  return {{"labels", input.labels}, {"float", confusion_counts(input, input.float_logits)}, {"integer", confusion_counts(input, input.integer_logits)}};
}

std::string headline(const ReportInput& input, const nlohmann::json& summary) {
  if (input.check.outputs == OutputKind::values) {
    return fmt::format("{} to the float net on {} examples that the search did not see.", divergence_text(OutputKind::values, summary["noise"].get<double>()), input.check.row_count());
  }
  if (!input.check.has_labels()) return fmt::format("Same label as the float net on {:.2f} % of {} examples that the search did not see.", 100 * summary["agreement"].get<double>(), input.check.row_count());
  return fmt::format("Float {:.2f} %, integer {:.2f} % on {} clips that the search did not see.", 100 * summary["float"]["accuracy"].get<double>(), 100 * summary["integer"]["accuracy"].get<double>(),
                     input.check.row_count());
}

nlohmann::json score_json(const CalibrationScore& score) { return {{"kl", score.kl}, {"accuracy", score.accuracy}}; }

nlohmann::json search_json(const SearchReport& search) {
  nlohmann::json steps = nlohmann::json::array();
  for (const SearchStep& step : search.steps) steps.push_back({{"what", step.what}, {"evaluations", step.evaluations}, {"kl", step.score.kl}, {"accuracy", step.score.accuracy}});
  nlohmann::json recipe = nlohmann::json::array();
  for (const RecipeStep& step : search.recipe) {
    recipe.push_back({{"name", step.name}, {"kl", step.check.kl}, {"agreement", step.check.agreement}, {"cautious_loss", step.check.cautious_loss}, {"is_kept", step.is_kept}, {"seconds", step.seconds}});
  }
  return {{"method", search.method}, {"start", score_json(search.start)}, {"final", score_json(search.final)}, {"evaluations", search.evaluations}, {"seconds", search.seconds}, {"steps", std::move(steps)}, {"recipe", std::move(recipe)}};
}

/// What the model file says of itself, as names and texts.
nlohmann::json model_facts(const Model& model) {
  const Metadata& metadata = model.metadata;
  const FrontEndSettings& front_end = metadata.front_end;
  nlohmann::json facts = nlohmann::json::array();
  const auto add = [&](const std::string& name, const std::string& text) {
    if (!text.empty()) facts.push_back({name, text});
  };
  add("architecture", metadata.architecture.empty() ? "imported net " + model.graph.name : metadata.architecture);
  add("size", fmt::format("{}", fmt::join(metadata.size_info, " ")));
  add("labels", fmt::format("{}", fmt::join(metadata.labels, ", ")));
  add("input", fmt::format("{} {}", model.graph.value(model.graph.input).name, to_string(model.graph.shape(model.graph.input))));
  if (takes_sound(model)) add("front end", fmt::format("{} Hz, clips of {} samples, window {}, hop {}: {} frames of {} MFCC from {} mel bands, {:g} to {:g} Hz", front_end.sample_rate_hz, front_end.clip_samples,
                               front_end.window_samples, front_end.hop_samples, front_end.frame_count(), front_end.coefficient_count, front_end.mel_bands, front_end.lower_hz, front_end.upper_hz));
  if (!front_end.coefficient_shifts.empty()) add("coefficients", fmt::format("divided by 2^[{}]", fmt::join(front_end.coefficient_shifts, " ")));
  for (const auto& [name, text] : metadata.notes) add(name, text);
  return facts;
}

}  // namespace

nlohmann::json report_json(const ReportInput& input) {
  const Program program = lower(input.model);
  const MemoryPlan plan = plan_memory(program, kReportVariant);
  nlohmann::json kernels = kernels_json(program, plan);
  std::int64_t flash_bytes = 0, macs = 0;
  for (const auto& kernel : kernels) {
    flash_bytes += kernel.at("flash_bytes").get<std::int64_t>();
    macs += kernel.at("macs").get<std::int64_t>();
  }
  const nlohmann::json summary = input.check.outputs == OutputKind::values ? value_summary_json(input) : class_summary_json(input);
  nlohmann::json sensitivity = sensitivity_json(input.sensitivity);
  sensitivity["clips"] = input.calibration_clips;
  sensitivity["hint"] = remedy_hint(input.model, input.sensitivity);
  return {{"title", input.title},
          {"tool", input.tool},
          {"headline", headline(input, summary)},
          {"summary", summary},
          {"device", {{"flash_bytes", flash_bytes}, {"arena_bytes", plan.arena_bytes}, {"lower_bound_bytes", plan.lower_bound_bytes}, {"macs", macs}, {"kernels", variant_name(kReportVariant)}}},
          {"confusion", confusion_json(input)},
          {"layers", layers_json(input)},
          {"tensors", tensors_json(input)},
          {"calibration", {{"clips", input.calibration_clips}}},
          {"sensitivity", std::move(sensitivity)},
          {"search", input.search ? search_json(*input.search) : nlohmann::json()},
          {"memory", memory_json(program, plan)},
          {"kernels", std::move(kernels)},
          {"remarks", input.remarks},
          {"settings", input.settings},
          {"model", {{"facts", model_facts(input.model)}}}};
}

}  // namespace qmn
