// SPDX-License-Identifier: Apache-2.0
// cli/finetune_command.cpp   qmn finetune: a quantized model, trained on with fake-quant.
#include "base/error.h"
#include "base/output_lock.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/evaluation.h"
#include "cli/source_options.h"
#include "cli/training_options.h"
#include "formats/onnx_format.h"
#include "quantize/evaluate.h"
#include "quantize/finetune.h"
#include "report/table.h"
#include "train/checkpoint.h"
#include "train/schedule.h"

#include <memory>
#include <optional>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn finetune kws.q.onnx --data words/ -o kws.qat.onnx                        formats stay, float weights move
  qmn finetune kws.q.onnx --data words/ -o kws.qat.onnx --train-thresholds     formats move too
  qmn finetune kws.q.onnx --data words/ -o kws.qat.onnx --distill 0.5          half of the loss: agree with the float net
  qmn finetune kws.q.onnx --data words/ -o kws.qat.onnx --distill 0.7 --teacher large.onnx --temperature 4

Every weight, bias and activation is rounded to its format while training, gradients pass straight through. The model of the best
validation accuracy in integers is kept; the one that is given counts, so the result is never worse there. An interrupted run leaves
its state in OUTPUT.state/ and goes on from there when the same command is given again.)";

struct Options {
  std::string model, output, teacher;
  FinetuneSettings settings;
  TrainingOptions training;
  SourceOptions source;
  SeedOption seed;
  OutputOptions output_options;
};

FinetuneSettings resolve_settings(const Options& options, const FrontEndSettings& front_end) {
  FinetuneSettings settings = options.settings;
  settings.training = finetune_recipe(front_end);
  options.training.apply(settings.training);
  settings.training.seed = options.seed.seed;
  settings.training.is_quiet = options.output_options.is_quiet || options.output_options.is_json;
  check_finetune_settings(settings);
  if (!options.teacher.empty() && settings.distill.weight == 0) fail_usage("--teacher {}: a teacher needs a weight in the loss: add --distill, such as --distill 0.5", options.teacher);
  return settings;
}

/// Both models in integers on the test split, against the float net that was quantized.
struct TestFigures {
  std::int64_t clips = 0;
  double float_accuracy = 0;
  Comparison before, after;
};

TestFigures measure(const Model& before, const Model& after, const FeatureSet& test, std::size_t classes) {
  const std::vector<float> reference = float_logits(before, test);
  const auto against_float = [&](const Model& model) { return compare(reference, integer_logits(model, test), test, classes); };
  TestFigures figures{test.row_count(), 0, against_float(before), against_float(after)};
  figures.float_accuracy = figures.before.difference.reference_accuracy;
  return figures;
}

std::string test_table(const TestFigures& figures) {
  Table table({"form", "accuracy", "difference", "95 % interval", "same label", "KL"});
  table.add_row({"float", fmt::format("{:.2f} %", 100 * figures.float_accuracy)});
  for (const auto& [name, comparison] : {std::pair{"integer, before", &figures.before}, std::pair{"integer, fine-tuned", &figures.after}}) {
    const PairedDifference& difference = comparison->difference;
    table.add_row({name, fmt::format("{:.2f} %", 100 * difference.other_accuracy), fmt::format("{:+.2f}", 100 * difference.mean),
                   fmt::format("[{:+.2f}, {:+.2f}]", 100 * difference.low, 100 * difference.high), fmt::format("{:.2f} %", 100 * comparison->agreement),
                   fmt::format("{:.5f}", comparison->kl)});
  }
  return table.text();
}

nlohmann::json test_json(const Comparison& comparison) {
  nlohmann::json json = comparison_json(comparison);
  json["accuracy"] = comparison.difference.other_accuracy;
  return json;
}

void run_finetune(const Options& options) {
  check_output(options.output);
  const OutputLock lock(options.output);
  Model start = read_model(options.model);
  if (!start.quantization) fail_data("{}: a float model; fine-tuning starts from a quantized one: qmn quantize {} -o FILE", options.model, options.model);
  const std::optional<Model> teacher = options.teacher.empty() ? std::nullopt : std::optional(read_model(options.teacher));
  const FinetuneSettings settings = resolve_settings(options, start.metadata.front_end);
  const bool is_talking = !options.output_options.is_quiet && !options.output_options.is_json;
  const std::unique_ptr<DataSource> source = options.source.open(start, options.model);
  if (source->labels().empty()) fail_data("{}: a net without classes: fine-tuning learns from labels", options.model);
  const fs::path state_folder = options.output + ".state";
  if (options.training.is_restarted) discard_state(state_folder);
  if (is_talking) {
    fmt::print("clips        {} for training, {} for validation, {} for testing\n", source->clip_count(Split::training), source->clip_count(Split::validation), source->clip_count(Split::testing));
    fmt::print("fine-tuning  {} steps, formats {}, seed {}{}\n", total_steps(settings.training), settings.trains_thresholds ? "trained" : "frozen", settings.training.seed,
               fs::exists(checkpoint_path(state_folder)) ? ", resumed" : "");
    std::fflush(stdout);
  }

  FinetuneResult result = finetune_model(start, teacher, *source, settings, state_folder);
  const FeatureSet test = source->load(Split::testing, start.metadata.front_end, {.has_device_features = true, .is_quiet = settings.training.is_quiet});
  const TestFigures figures = measure(start, result.model, test, source->labels().size());
  if (result.best_step > 0) {
    result.model.metadata.operating_point.reset();  // of other scores
    result.model.metadata.notes.erase("tune");
    result.model.metadata.notes["figures"] =
        fmt::format("test split, {} clips: float before fine-tuning {:.2f} %, integer {:.2f} %; validation, integer: {:.2f} -> {:.2f} %", figures.clips, 100 * figures.float_accuracy,
                    100 * figures.after.difference.other_accuracy, 100 * result.start_accuracy, 100 * result.best_accuracy);
  }
  write_model(result.model, options.output);
  discard_state(state_folder);

  if (options.output_options.is_json) {
    print_json({{"model", options.output},
                {"seed", settings.training.seed},
                {"steps", result.steps_done},
                {"best_step", result.best_step},
                {"is_resumed", result.is_resumed},
                {"thresholds_trained", settings.trains_thresholds},
                {"validation", {{"start_accuracy", result.start_accuracy}, {"accuracy", result.best_accuracy}}},
                {"remarks", result.remarks},
                {"testing", {{"clips", figures.clips}, {"float_accuracy", figures.float_accuracy}, {"before", test_json(figures.before)}, {"after", test_json(figures.after)}}}});
    return;
  }
  for (const std::string& remark : result.remarks) fmt::print("remark       {}\n", remark);
  fmt::print("validation   {:.2f} -> {:.2f} % in integers (best at step {} of {})\n", 100 * result.start_accuracy, 100 * result.best_accuracy, result.best_step, result.steps_done);
  if (result.best_step == 0) fmt::print("notice: no checkpoint was better on validation than the model that was given: it is written as it was\n");
  if (figures.clips > 0) fmt::print("test split, {} clips\n{}", figures.clips, test_table(figures));
  fmt::print("wrote        {}\n", options.output);
}

}  // namespace

void add_finetune(CLI::App& app) {
  CLI::App* command = app.add_subcommand("finetune", "Train a quantized model on, rounded as it ships");
  const auto options = std::make_shared<Options>();
  FinetuneSettings& settings = options->settings;
  command->add_option("model", options->model, "Quantized model (QDQ ONNX)")->required()->type_name("FILE");
  command->add_option("-o,--output", options->output, "Fine-tuned model to write (QDQ ONNX)")->required()->type_name("FILE");
  command->add_flag("--train-thresholds,--train_thresholds", settings.trains_thresholds, "Train the formats too, by their log2 thresholds; without: they stay");
  command->add_option("--threshold_rate", settings.threshold_rate, "Learning rate of log2 thresholds")->capture_default_str();
  command->add_option("--distill", settings.distill.weight, "Weight of a teacher's opinion in the loss, 0 to 1; the teacher is the float net of the file, or --teacher")->capture_default_str();
  command->add_option("--teacher", options->teacher, "Model to learn from: same labels, same front end")->type_name("FILE");
  command->add_option("--temperature", settings.distill.temperature, "Softens the teacher's opinion")->capture_default_str();
  options->training.add(*command);
  options->source.add(*command);
  options->seed.add(*command, "the order of clips and their augmentation");
  options->output_options.add(*command);
  command->footer(kExamples);
  command->callback([options] { run_finetune(*options); });
}

}  // namespace qmn::cli
