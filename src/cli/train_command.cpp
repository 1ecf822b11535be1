// SPDX-License-Identifier: Apache-2.0
// cli/train_command.cpp   qmn train: a folder of WAV files → a trained float model.
#include "base/error.h"
#include "base/output_lock.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/training_options.h"
#include "data/features.h"
#include "engine/engine.h"
#include "formats/onnx_format.h"
#include "graph/parameter_count.h"
#include "models/models.h"
#include "passes/passes.h"
#include "train/checkpoint.h"
#include "train/schedule.h"
#include "train/train.h"

#include <fmt/ranges.h>

#include <cmath>
#include <memory>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn train --arch ds_cnn --size s --data words/ -o kws.onnx
  qmn train --arch dnn --size s --data words/ -o kws.onnx --seed 2 --steps 3000
  qmn train --arch ds_cnn --size s --data words/ -o kws.onnx --recipe published
  qmn train --arch ds_cnn --size s --data words/ -o kws.onnx --teacher large.onnx     half of the loss: agree with a larger net
  qmn train --model_architecture dnn --model_size_info 144 144 144 --dct_coefficient_count 10 --window_size_ms 40 --window_stride_ms 40 \
    --how_many_training_steps 10000,10000,10000 --learning_rate 0.0005,0.0001,0.00002 --data_dir words/ -o dnn.onnx

Recipes:
  default    one cycle of the learning rate over 6000 steps; noise, shift, gain, speed, a time mask, label smoothing
  published  30000 steps at 5e-4, 1e-4, 2e-5; noise and shift alone
Flags change single values of the recipe. The model of the best validation accuracy is kept. An interrupted training leaves its state in
FILE.state/ and goes on from there when the same command is given again.)";

struct Options {
  std::string architecture, size = "s", output, recipe = "default", teacher;
  std::vector<int> size_info;
  std::optional<double> dropout, distill_weight, temperature;
  bool is_unscaled = false;
  TrainingOptions training;
  DataOptions data;
  FrontEndOptions front_end;
  SeedOption seed;
  OutputOptions output_options;
};

constexpr double kTimeMaskMs = 160;
constexpr double kDistillWeight = 0.5;

TrainSettings recipe_settings(const std::string& recipe, const FrontEndSettings& front_end) {
  TrainSettings settings;
  if (recipe == "published") return settings;
  settings.recipe = recipe;
  settings.schedule = Schedule::one_cycle;
  settings.step_counts = {6000};
  settings.learning_rates = {3e-3};
  settings.label_smoothing = 0.1;
  settings.weight_decay = 0.01;
  settings.augment = {.time_shift_ms = 100,
                      .background_frequency = 0.8,
                      .background_volume = 0.1,
                      .gain_db = 6,
                      .speed_percent = 10,
                      .time_mask_frames = static_cast<int>(kTimeMaskMs / 1000 * front_end.sample_rate_hz / front_end.hop_samples),
                      .coefficient_mask = 0};
  return settings;
}

TrainSettings resolve_settings(const Options& options) {
  TrainSettings settings = recipe_settings(options.recipe, options.front_end.resolve(published_front_end(options.architecture, options.size)));
  options.training.apply(settings);
  settings.seed = options.seed.seed;
  settings.is_quiet = options.output_options.is_quiet || options.output_options.is_json;
  check_train_settings(settings);
  return settings;
}

DistillSettings resolve_distillation(const Options& options) {
  if (options.teacher.empty()) {
    if (options.distill_weight) fail_usage("--distill {}: add the net to learn from: --teacher FILE", *options.distill_weight);
    if (options.temperature) fail_usage("--temperature {}: add the net to learn from: --teacher FILE", *options.temperature);
    return {};
  }
  DistillSettings settings{.weight = options.distill_weight.value_or(kDistillWeight)};
  settings.temperature = options.temperature.value_or(settings.temperature);
  check_distill_settings(settings);
  if (settings.weight == 0) fail_usage("--distill 0: the teacher would have no say; leave --teacher {} out or give a weight above 0", options.teacher);
  return settings;
}

Model make_model(const Options& options, const Dataset& dataset) {
  Model model;
  Metadata& metadata = model.metadata;
  metadata.architecture = options.architecture;
  metadata.size_info = options.size_info.empty() ? published_size_info(options.architecture, options.size) : options.size_info;
  metadata.labels = dataset.labels;
  metadata.front_end = options.front_end.resolve(published_front_end(options.architecture, options.size));
  // Wrong sizes are to be known before the clips are read.
  model.graph = build_model(metadata.architecture, metadata.size_info, metadata.front_end, static_cast<int>(dataset.labels.size()), options.seed.seed);
  for_each_node(model.graph.nodes, [&](Node& node) {
    if (auto* dropout = std::get_if<Dropout>(&node)) dropout->ratio = static_cast<float>(options.dropout.value_or(0));
  });
  if (!options.is_unscaled) metadata.front_end.coefficient_shifts = choose_coefficient_shifts(dataset, metadata.front_end);
  metadata.notes[kDataFolderNote] = dataset.settings.folder.string();
  return model;
}

struct Size {
  std::int64_t parameters = 0, macs = 0;
};
Size size_of(const Graph& graph) {
  const Graph prepared = prepare_for_inference(graph);
  Size size;
  size.parameters = parameter_count(prepared);
  for (const Node& node : prepared.nodes) size.macs += mac_count(prepared, node);
  return size;
}

void run_train(const Options& options) {
  const TrainSettings settings = resolve_settings(options);
  const DistillSettings distill = resolve_distillation(options);
  check_output(options.output);
  const OutputLock lock(options.output);
  const std::optional<Model> teacher = options.teacher.empty() ? std::nullopt : std::optional(read_model(options.teacher));
  if (options.size_info.empty()) published_size_info(options.architecture, options.size);
  const bool is_talking = !options.output_options.is_quiet && !options.output_options.is_json;
  const Dataset dataset = open_dataset(options.data.resolve());
  Model model = make_model(options, dataset);
  if (teacher) check_teacher(*teacher, model);
  const Size size = size_of(model.graph);
  const FrontEndSettings front_end = model.metadata.front_end;
  const fs::path state_folder = options.output + ".state";
  if (options.training.is_restarted) discard_state(state_folder);
  if (is_talking) {
    fmt::print("net          {} {}: {} parameters, {} MACs, input {}x{}, {} labels\n", model.metadata.architecture, fmt::join(model.metadata.size_info, " "), size.parameters, size.macs,
               front_end.frame_count(), front_end.coefficient_count, dataset.labels.size());
    fmt::print("clips        {} for training, {} for validation, {} for testing\n", dataset.training.size(), dataset.validation.size(), dataset.testing.size());
    if (!options.is_unscaled) fmt::print("input        coefficients times 2^-s, s = {}\n", fmt::join(front_end.coefficient_shifts, " "));
    fmt::print("training     recipe {}, {} steps, seed {}{}\n", settings.recipe, total_steps(settings), settings.seed, fs::exists(checkpoint_path(state_folder)) ? ", resumed" : "");
    if (teacher) fmt::print("teacher      {}: weight {}, temperature {}\n", options.teacher, distill.weight, distill.temperature);
    std::fflush(stdout);
  }

  TrainResult result = train(std::move(model), dataset, settings, state_folder, teacher, distill);
  const FeatureSet test = load_features(dataset, Split::testing, front_end, {.is_quiet = settings.is_quiet});
  const std::vector<float> logits = engine().evaluator(result.model.graph, nullptr)->run(test.features, test.row_count());
  const double test_accuracy = accuracy(logits, test.labels);
  result.model.metadata.notes["figures"] =
      fmt::format("float: validation {:.2f} %, test {:.2f} % of {} clips", 100 * result.best_validation_accuracy, 100 * test_accuracy, test.row_count());
  write_model(result.model, options.output);
  discard_state(state_folder);

  if (options.output_options.is_json) {
    print_json({{"model", options.output},
                {"architecture", result.model.metadata.architecture},
                {"size_info", result.model.metadata.size_info},
                {"labels", dataset.labels},
                {"parameters", size.parameters},
                {"macs", size.macs},
                {"seed", settings.seed},
                {"recipe", settings.recipe},
                {"teacher", teacher ? nlohmann::json{{"model", options.teacher}, {"weight", distill.weight}, {"temperature", distill.temperature}} : nlohmann::json()},
                {"steps", result.steps_done},
                {"best_step", result.best_step},
                {"is_resumed", result.is_resumed},
                {"coefficient_shifts", front_end.coefficient_shifts},
                {"validation_accuracy", result.best_validation_accuracy},
                {"test_accuracy", test_accuracy},
                {"test_clips", test.row_count()}});
  } else {
    fmt::print("validation   {:.2f} % (best, at step {} of {})\n", 100 * result.best_validation_accuracy, result.best_step, result.steps_done);
    if (test.row_count() > 0) fmt::print("test         {:.2f} % of {} clips\n", 100 * test_accuracy, test.row_count());
    fmt::print("wrote        {}\n", options.output);
  }
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "Train a net on a folder of WAV files");
  const auto options = std::make_shared<Options>();
  command->add_option("--arch,--model_architecture", options->architecture, fmt::format("Architecture: {}", fmt::join(architecture_names(), ", ")))->required();
  auto* size = command->add_option("--size", options->size, "Published size: s, m or l")->capture_default_str();
  command->add_option("--size_info,--model_size_info", options->size_info, "Sizes of the layers, instead of a published size")->excludes(size);
  command->add_option("-o,--output", options->output, "Model file to write (ONNX)")->required()->type_name("FILE");
  command->add_flag("--no_input_scaling", options->is_unscaled, "Let the net see the MFCC as they are, instead of each coefficient times a power of two");
  command->add_option("--recipe", options->recipe, "default or published")->check(CLI::IsMember({"default", "published"}))->capture_default_str();
  command->add_option("--dropout", options->dropout, "Share of activations dropped where the net has a dropout layer (default 0, as the published training)")->check(CLI::Range(0.0, 0.95));
  command->add_option("--teacher", options->teacher, "Model to learn from beside the labels: same labels, same front end; a larger net")->type_name("FILE");
  command->add_option("--distill", options->distill_weight, fmt::format("Weight of the teacher's opinion in the loss, 0 to 1 (default {})", kDistillWeight));
  command->add_option("--temperature", options->temperature, fmt::format("Softens the teacher's opinion (default {})", DistillSettings{}.temperature));
  options->training.add(*command);
  options->data.add(*command);
  options->front_end.add(*command);
  options->seed.add(*command, "the first weights, the order of clips and their augmentation");
  options->output_options.add(*command);
  command->footer(kExamples);
  command->callback([options] { run_train(*options); });
}

}  // namespace qmn::cli
