// SPDX-License-Identifier: Apache-2.0
#include "quantize/finetune.h"

#include "base/error.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "formats/onnx_format.h"
#include "passes/passes.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"
#include "train/loop.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

void check_formats(const Model& model) {
  if (!model.quantization) fail_data("the model is float: fine-tuning starts from a quantized one (qmn quantize)");
  const auto expect_format = [&](ValueId id) {
    if (!model.quantization->format_of(id)) fail_data("{} has no format: fine-tuning needs one for every value (qmn quantize gives them)", model.graph.value(id).name);
  };
  expect_format(model.graph.input);
  for_each_node(model.graph.nodes, [&](const Node& node) {
    const bool is_loop = std::holds_alternative<Scan>(node);  // its parameters are initial states, without formats of their own
    for (const ValueId id : is_loop ? std::vector<ValueId>{} : parameters(node)) expect_format(id);
    for (const ValueId id : outputs_of(node)) expect_format(id);
  });
}

/// Values that share a threshold. The format of a 32-bit bias follows from others.
std::vector<std::vector<ValueId>> threshold_groups(const Graph& graph, const Quantization& quantization) {
  std::vector<std::vector<ValueId>> groups = activation_groups(graph);
  for (const WeightedLayer& layer : weighted_layers(graph)) {
    groups.push_back({layer.weight});
    if (layer.bias != kNoValue && quantization.formats.at(layer.bias).total_bits != 32) groups.push_back({layer.bias});
  }
  return groups;
}

/// The teacher's front end may scale coefficients by other powers of two.
std::vector<float> scales_between(const FrontEndSettings& student, const FrontEndSettings& teacher) {
  const auto shift = [](const FrontEndSettings& settings, std::size_t c) { return settings.coefficient_shifts.empty() ? 0 : settings.coefficient_shifts.at(c); };
  std::vector<float> scales(static_cast<std::size_t>(student.coefficient_count));
  for (std::size_t c = 0; c < scales.size(); ++c) scales[c] = std::ldexp(1.0f, shift(student, c) - shift(teacher, c));
  return scales;
}

void check_teacher(const Model& teacher, const Model& student) {
  FrontEndSettings theirs = teacher.metadata.front_end;
  theirs.coefficient_shifts = student.metadata.front_end.coefficient_shifts;
  if (theirs != student.metadata.front_end) fail_data("the teacher has another front end (window, hop, coefficients or rate): it cannot hear what the student hears");
  if (teacher.metadata.labels != student.metadata.labels) {
    fail_data("the teacher knows {}, the student {}: labels and their order must be the same", fmt::join(teacher.metadata.labels, ", "), fmt::join(student.metadata.labels, ", "));
  }
  if (element_count(teacher.graph.shape(teacher.graph.input)) != element_count(student.graph.shape(student.graph.input)) ||
      element_count(teacher.graph.shape(teacher.graph.output)) != element_count(student.graph.shape(student.graph.output))) {
    fail_data("the teacher maps {} to {}, the student {} to {}: both must be the same", to_string(teacher.graph.shape(teacher.graph.input)), to_string(teacher.graph.shape(teacher.graph.output)),
              to_string(student.graph.shape(student.graph.input)), to_string(student.graph.shape(student.graph.output)));
  }
}

Teach make_teach(const Model& teacher, const FrontEndSettings& student) {
  const Graph graph = up_to_logits(teacher.quantization ? teacher.graph : prepare_for_inference(teacher.graph));
  const std::shared_ptr<Evaluator> evaluator = engine().evaluator(graph, nullptr);
  const std::vector<float> scales = scales_between(student, teacher.metadata.front_end);
  if (std::ranges::all_of(scales, [](float scale) { return scale == 1.0f; })) {
    return [evaluator](std::span<const float> features, std::int64_t clip_count) { return evaluator->run(features, clip_count); };
  }
  return [evaluator, scales](std::span<const float> features, std::int64_t clip_count) {
    std::vector<float> scaled(features.begin(), features.end());
    for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= scales[i % scales.size()];
    return evaluator->run(scaled, clip_count);
  };
}

std::string describe(const FinetuneSettings& settings, const std::optional<Model>& teacher) {
  std::string text = describe(settings.training);
  text += settings.trains_thresholds ? fmt::format("; thresholds trained at rate {}", settings.threshold_rate) : "; formats frozen";
  if (settings.distill_weight > 0) {
    const std::string whose = teacher ? "a teacher, SHA-256 " + sha256_hex(serialize_onnx(*teacher)) : "its own float net";
    text += fmt::format("; distilled from {}, weight {} at temperature {}", whose, settings.distill_weight, settings.distill_temperature);
  }
  return text;
}

/// The same fixed-point net without corrections (bias correction, adaptive rounding): they are part of its float parameters.
Model bake_corrections(const Model& model) {
  Model baked = model;
  Quantization& quantization = baked.quantization.value();
  for (const auto& [id, correction] : quantization.corrections) baked.graph.initializer(id).data = corrected_parameter(model.graph, quantization, id);
  quantization.corrections.clear();
  return baked;
}

std::vector<std::string> changed_formats(const Graph& graph, const Quantization& before, const Quantization& after) {
  std::vector<std::string> remarks;
  for (const auto& [id, format] : after.formats) {
    if (const QFormat old = before.formats.at(id); old != format) remarks.push_back(fmt::format("{}: {} -> {}, trained", graph.value(id).name, old.name(), format.name()));
  }
  return remarks;
}

}  // namespace

TrainSettings finetune_recipe(const FrontEndSettings& front_end) {
  constexpr double kTimeMaskMs = 160;
  TrainSettings settings;
  settings.recipe = "finetune";
  settings.schedule = Schedule::one_cycle;
  settings.step_counts = {600};
  settings.learning_rates = {3e-4};
  settings.label_smoothing = 0.1;
  settings.evaluate_every = 50;
  settings.augment.gain_db = 6;
  settings.augment.speed_percent = 10;
  settings.augment.time_mask_frames = static_cast<int>(kTimeMaskMs / 1000 * front_end.sample_rate_hz / front_end.hop_samples);
  return settings;
}

void check_finetune_settings(const FinetuneSettings& settings) {
  check_train_settings(settings.training);
  if (!(settings.threshold_rate > 0 && settings.threshold_rate <= 1)) fail_usage("--threshold_rate {}: must be above 0 and at most 1", settings.threshold_rate);
  if (!(settings.distill_weight >= 0 && settings.distill_weight <= 1)) fail_usage("--distill {}: must be between 0 and 1", settings.distill_weight);
  if (!(settings.distill_temperature >= 0.1 && settings.distill_temperature <= 100)) fail_usage("--temperature {}: must be between 0.1 and 100", settings.distill_temperature);
}

FinetuneResult finetune_model(const Model& quantized, const std::optional<Model>& teacher, const Dataset& dataset, const FinetuneSettings& settings,
                              const std::filesystem::path& state_folder) {
  check_finetune_settings(settings);
  check_formats(quantized);
  if (teacher) check_teacher(*teacher, quantized);
  const Model start = bake_corrections(quantized);
  const Graph graph = up_to_logits(start.graph);

  TrainingTask task{.name = "fine-tuning", .description = describe(settings, teacher), .model = {graph, start.metadata, start.quantization}, .counts_start = true};
  if (settings.distill_weight > 0) {
    task.teach = make_teach(teacher.value_or(quantized), quantized.metadata.front_end);
    task.teacher_weight = settings.distill_weight;
    task.teacher_temperature = settings.distill_temperature;
  }
  if (settings.trains_thresholds) {
    task.thresholds.emplace(*start.quantization, threshold_groups(graph, *start.quantization), settings.threshold_rate,
                            [graph](Quantization& quantization) { legalize(graph, quantization); });
  }
  TrainResult trained = run_training(std::move(task), dataset, settings.training, state_folder);

  FinetuneResult result{.model = quantized, .start_accuracy = trained.start_accuracy, .best_accuracy = trained.best_validation_accuracy, .best_step = trained.best_step,
                        .steps_done = trained.steps_done, .is_resumed = trained.is_resumed, .remarks = {}};
  if (trained.best_step == 0) return result;
  result.model.graph.initializers = std::move(trained.model.graph.initializers);
  result.model.quantization = std::move(trained.model.quantization);
  std::string& note = result.model.metadata.notes["fine-tuning"];
  note += (note.empty() ? "" : "; then ") + trained.model.metadata.notes.at("fine-tuning");
  result.remarks = changed_formats(result.model.graph, *quantized.quantization, *result.model.quantization);
  if (const std::size_t count = quantized.quantization->corrections.size(); count > 0) {
    result.remarks.push_back(fmt::format("the corrections of {} tensors (bias correction, adaptive rounding) went into the weights where fine-tuning began", count));
  }
  return result;
}

}  // namespace qmn
