// SPDX-License-Identifier: Apache-2.0
#include "quantize/finetune.h"

#include "base/error.h"
#include "passes/passes.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"
#include "train/loop.h"

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

std::string describe(const FinetuneSettings& settings, const std::optional<Model>& teacher) {
  std::string text = describe(settings.training);
  text += settings.trains_thresholds ? fmt::format("; thresholds trained at rate {}", settings.threshold_rate) : "; formats frozen";
  if (settings.distill.weight > 0) text += describe(settings.distill, teacher ? describe_teacher(*teacher) : "its own float net");
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
  check_distill_settings(settings.distill);
}

FinetuneResult finetune_model(const Model& quantized, const std::optional<Model>& teacher, const DataSource& source, const FinetuneSettings& settings,
                              const std::filesystem::path& state_folder) {
  check_finetune_settings(settings);
  check_formats(quantized);
  if (teacher) check_teacher(*teacher, quantized);
  const Model start = bake_corrections(quantized);
  const Graph graph = up_to_logits(start.graph);

  TrainingTask task{.name = "fine-tuning", .description = describe(settings, teacher), .model = {graph, start.metadata, start.quantization}, .counts_start = true, .distill = settings.distill};
  if (settings.distill.weight > 0) task.teach = make_teach(teacher.value_or(quantized), quantized.metadata.front_end);
  if (settings.trains_thresholds) {
    task.thresholds.emplace(*start.quantization, threshold_groups(graph, *start.quantization), settings.threshold_rate,
                            [graph](Quantization& quantization) { legalize(graph, quantization); });
  }
  TrainResult trained = run_training(std::move(task), source, settings.training, state_folder);

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
