// SPDX-License-Identifier: Apache-2.0
// cli/quantize_command.cpp   qmn quantize: float model + calibration clips → formats for every value, written as QDQ ONNX.
#include "base/error.h"
#include "base/file.h"
#include "base/output_lock.h"
#include "cli/calibration.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/form_table.h"
#include "cli/quantize_text.h"
#include "cli/report_file.h"
#include "cli/source_options.h"
#include "emit/emit.h"
#include "formats/onnx_format.h"
#include "lower/lower.h"
#include "passes/passes.h"
#include "quantize/divergence.h"
#include "quantize/evaluate.h"
#include "quantize/quantize.h"
#include "quantize/range_choice.h"
#include "quantize/recipe.h"
#include "quantize/remedy_hint.h"
#include "quantize/wide_activations.h"
#include "report/sensitivity_text.h"

#include <fmt/ranges.h>

#include <chrono>
#include <memory>
#include <optional>

namespace qmn::cli {
namespace {

constexpr std::size_t kShownTensors = 5;  // of those that cost most

constexpr const char* kExamples = R"(Examples:
  qmn quantize kws.onnx --data words/ -o kws.q.onnx                        recipe auto
  qmn quantize kws.onnx --data words/ -o kws.q.onnx --target cmsis-nn-q7   what those kernels can run: 8-bit biases
  qmn quantize kws.onnx --data words/ -o kws.q.onnx --method descend --time-budget 60
  qmn quantize kws.onnx --data words/ -o kws.q.onnx --method descend --bias_bits 32 --calibration_clips 1000
  qmn quantize kws.onnx --data words/ -o kws.q.onnx --max-loss 1         nothing that costs RAM or flash, unless a point is lost
  qmn quantize kws.onnx --data words/ -o kws.q.onnx --method descend --int16 features --per_channel
  qmn quantize kws.onnx --data words/ -o kws.q.onnx --method minmax --weights_header weights.h
  qmn quantize resnet.onnx --data pictures/ -o resnet.q.onnx --scale 0.00392157   a net of pictures: a folder of PNG for each class
  qmn quantize encoder.onnx --data frames.npz -o encoder.q.onnx            a net without classes: noise over signal in place of KL
  qmn quantize dnn.onnx --data words/ -o dnn.q.onnx --act_max 1 0 0 0 0   the input is Q0.7, the rest is searched

--act_max takes a power of two for each activation, 0 leaves it to the search. The order:
  dnn     input, each fully connected layer; the last are the logits                     (size s: 5 values)
  ds_cnn  input, conv_1, then dw and pw of each further layer, average pool, logits      (size s: 12 values)
They apply to what the network sees: features after the model's scaling of each coefficient.
Calibration never sees the test split. A search that is interrupted goes on when the command is repeated: OUTPUT.search holds what it measured.)";

struct Options {
  std::string model, output, weights_header, report;
  std::string method, recipe, target = "qmn", objective = "kl";
  double percentile = kDefaultPercentile, time_budget = 0, max_loss = 0.1;
  std::optional<int> bias_bits;
  int sweeps = 3;
  bool keeps_silence = false, is_per_channel = false;
  std::vector<std::string> wide_activations;
  std::vector<double> act_max;
  CalibrationOptions calibration;
  SourceOptions source;
  SeedOption seed;
  OutputOptions output_options;

  bool is_recipe() const { return method.empty(); }
};

RangeMethod method_of(const std::string& name) {
  std::vector<std::string> names;
  for (const RangeMethod method : kRangeMethods) {
    if (name == method_name(method)) return method;
    names.emplace_back(method_name(method));
  }
  fail_usage("--method {}: unknown (there are {})", name, fmt::join(names, ", "));
}

Objective objective_of(const std::string& name) {
  std::vector<std::string> names;
  for (const Objective objective : kObjectives) {
    if (name == objective_name(objective)) return objective;
    names.emplace_back(objective_name(objective));
  }
  fail_usage("--objective {}: unknown (there are {})", name, fmt::join(names, ", "));
}

void check_flags(const Options& options) {
  options.calibration.check();
  if (options.sweeps < 1) fail_usage("--sweeps {}: must be at least 1", options.sweeps);
  if (!(options.percentile > 0 && options.percentile <= 100)) fail_usage("--percentile {}: must lie in (0, 100]", options.percentile);
  if (!(options.time_budget >= 0)) fail_usage("--time-budget {}: seconds, 0 for none", options.time_budget);
  if (!(options.max_loss >= 0)) fail_usage("--max-loss {}: points of accuracy, 0 or more", options.max_loss);
  if (!options.report.empty()) check_report_path(options.report, "--report");
  if (!options.recipe.empty() && !options.method.empty()) fail_usage("--recipe {} chooses the methods itself: leave --method {} out", options.recipe, options.method);
  if (!options.recipe.empty() && options.recipe != "auto") fail_usage("--recipe {}: unknown (there is auto)", options.recipe);
}

QuantizeSettings settings_of(const Options& options) {
  return {.method = options.is_recipe() ? RangeMethod::descend : method_of(options.method), .bias_bits = options.bias_bits.value_or(8),
          .keeps_silent_frames = options.keeps_silence, .sweeps = options.sweeps, .act_max = options.act_max,
          .wide_activations = options.wide_activations, .is_per_channel = options.is_per_channel, .is_quiet = options.output_options.is_quiet,
          .objective = objective_of(options.objective), .percentile = options.percentile, .time_budget_seconds = options.time_budget,
          .state_path = options.output + ".search"};
}

/// What was chosen, and by which clips.
struct Choice {
  FeatureSet search;
  std::int64_t check_rows = 0;
  bool is_disturbed = false;  // those are copies of clips
  RecipeResult recipe;  // of a plain method: without steps
  double seconds = 0;
};

Choice choose(const Options& options, const Model& model, const DataSource& source) {
  const FrontEndSettings& front_end = model.metadata.front_end;
  const bool is_quiet = options.output_options.is_quiet;
  Choice choice;
  RecipeClips parted;
  if (options.is_recipe()) parted = options.calibration.load_parted(source, front_end, options.seed.seed, is_quiet);
  else parted.search = options.calibration.load(source, front_end, options.seed.seed, is_quiet);
  const auto start = std::chrono::steady_clock::now();
  if (options.is_recipe()) {
    choice.recipe = quantize_by_recipe(model, parted, {settings_of(options), quantization_target(options.target), options.max_loss});
  } else {
    choice.recipe.quantized = quantize_model(model, parted.search, settings_of(options));
  }
  choice.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  choice.search = std::move(parted.search);
  choice.check_rows = parted.check.row_count();
  choice.is_disturbed = source.can_disturb();
  return choice;
}

/// What the model file remembers.
std::string search_note(const Options& options, const Choice& choice) {
  const QuantizeResult& result = choice.recipe.quantized;
  std::string how = options.is_recipe() ? "recipe auto" : options.method;
  if (options.is_recipe()) {
    std::string kept;
    for (const RecipeStep& step : choice.recipe.steps) {
      if (step.is_kept) kept += (kept.empty() ? "" : " + ") + step.name;
    }
    how += fmt::format(" ({}; checked on {} {})", kept, choice.check_rows, choice.is_disturbed ? "disturbed copies" : "others");
  } else {
    how += fmt::format(", {}-bit bias", options.bias_bits.value_or(8));
  }
  if (options.objective != "kl") how += ", objective " + options.objective;
  return fmt::format("{}, {} calibration clips ({}): {}, {} evaluations{}", how, choice.search.row_count(), options.calibration.describe(options.seed.seed),
                     progress_text(result, choice.search), result.evaluations, result.is_out_of_time ? ", ended by the time budget" : "");
}

std::string loss_text(const Options& options, const Choice& choice) {
  const RecipeResult& recipe = choice.recipe;
  const bool are_values = choice.search.outputs == OutputKind::values;
  const std::string loss = are_values ? fmt::format("noise on the check rows: {:.4f} % of the signal ({})", 100 * recipe.check.kl, divergence_text(OutputKind::values, recipe.check.kl))
                                      : fmt::format("loss on the check clips, cautiously estimated: {:.2f} points", 100 * recipe.check.cautious_loss);
  if (recipe.is_inside) return fmt::format("{}, inside --max-loss {}", loss, options.max_loss);
  return fmt::format("{}, outside --max-loss {}: {}", loss, options.max_loss, recipe.advice);
}

void print_result(const Options& options, const Choice& choice, const FormTable& forms, std::int64_t test_clips) {
  const QuantizeResult& result = choice.recipe.quantized;
  if (options.output_options.is_json) {
    nlohmann::json testing = forms.pair_json();
    testing["clips"] = test_clips;
    nlohmann::json json{{"model", options.output},
                        {"method", options.is_recipe() ? "auto" : options.method},
                        {"calibration_clips", choice.search.row_count()},
                        {"layers", layer_json(result.model)},
                        {"tensors", tensor_json(result, choice.search)},
                        {"remarks", result.remarks},
                        {"search",
                         {{"start_kl", result.start.kl}, {"final_kl", result.final.kl}, {"start_accuracy", result.start.accuracy},
                          {"final_accuracy", result.final.accuracy}, {"evaluations", result.evaluations}, {"seconds", choice.seconds},
                          {"is_out_of_time", result.is_out_of_time}}},
                        {"testing", std::move(testing)}};
    if (options.is_recipe()) json["recipe"] = {{"steps", step_json(choice.recipe.steps)}, {"is_inside", choice.recipe.is_inside}, {"advice", choice.recipe.advice}};
    print_json(json);
    return;
  }
  fmt::print("{}\n{}", layer_table(result.model), activation_table(result, choice.search));
  if (!result.remarks.empty()) fmt::print("\n");
  for (const std::string& remark : result.remarks) fmt::print("remark: {}\n", remark);
  if (options.is_recipe()) fmt::print("\n{}{}\n", step_table(choice.recipe.steps, choice.search.outputs), loss_text(options, choice));
  fmt::print("\nsearch: {}, {:.1f} s\n", search_note(options, choice), choice.seconds);
  fmt::print("test split, {} clips: {}\n  {}\n", test_clips, forms.summary(), forms.comparison());
  fmt::print("{} written\n", options.output);
  if (!options.weights_header.empty()) fmt::print("{} written\n", options.weights_header);
  if (!options.report.empty()) fmt::print("{} written\n", options.report);
}

Sensitivity write_search_report(const Options& options, const Choice& choice, const DataSource& source, const FeatureSet& test) {
  const QuantizeResult& result = choice.recipe.quantized;
  // As the net sees them now: a recipe may have moved scales into the front end.
  const FeatureSet calibration = options.calibration.load(source, result.model.metadata.front_end, options.seed.seed, options.output_options.is_quiet);
  SearchReport search{.method = options.is_recipe() ? "recipe auto" : options.method, .start = result.start, .final = result.final, .evaluations = result.evaluations,
                      .seconds = choice.seconds, .steps = result.trace, .recipe = choice.recipe.steps};
  return write_report({.model_path = options.output, .model = result.model, .labels = source.labels(), .calibration = calibration, .check = test,
                .check_split = split_name(Split::testing), .search = std::move(search), .remarks = result.remarks,
                .settings = {{"search", search_note(options, choice)}, {"target", options.target}}, .is_quiet = options.output_options.is_quiet},
               options.report);
}

void quantize(const Options& options) {
  check_flags(options);
  check_target(quantization_target(options.target), settings_of(options));
  if (!options.is_recipe()) method_of(options.method);
  objective_of(options.objective);
  Model float_model = read_model(options.model);
  const Graph prepared = prepare_for_inference(float_model.graph);
  if (!options.act_max.empty()) act_max_formats(prepared, options.act_max);  // a wrong count is said before the data is read
  named_activations(prepared, options.wide_activations);                     // and so is a wrong name
  const OutputLock lock(options.output);
  const std::unique_ptr<DataSource> source = options.source.open(float_model, options.model);
  Choice choice = choose(options, float_model, *source);
  Model& model = choice.recipe.quantized.model;

  const FeatureSet test = source->load(Split::testing, model.metadata.front_end, {.has_device_features = true, .is_quiet = options.output_options.is_quiet});
  const std::unique_ptr<FormTable> forms = FormTable::of(test, source->labels());
  forms->add("float", float_logits(model, test));
  forms->add("integer", integer_logits(model, test));
  model.metadata.operating_point.reset();  // of other scores
  model.metadata.notes.erase("tune");
  model.metadata.notes["search"] = search_note(options, choice);
  model.metadata.notes["figures"] = fmt::format("test split, {} clips: {}; {}", test.row_count(), forms->summary(), forms->comparison());
  if (!options.weights_header.empty()) write_file_atomic(options.weights_header, emit_weights_header(lower(model)));
  write_model(model, options.output);
  std::optional<Sensitivity> sensitivity;
  if (!options.report.empty()) sensitivity = write_search_report(options, choice, *source, test);
  print_result(options, choice, *forms, test.row_count());
  if (sensitivity && !options.output_options.is_json) {
    fmt::print("\nwhat costs most (the others: {}, qmn sensitivity)\n{}hint: {}\n", options.report, sensitivity_table(*sensitivity, kShownTensors), remedy_hint(model, *sensitivity));
  }
}

}  // namespace

void add_quantize(CLI::App& app) {
  CLI::App* command = app.add_subcommand("quantize", "Choose a fixed-point format for every value of a float model");
  const auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "Float model (ONNX); of a quantized one the float weights are taken")->required()->type_name("FILE");
  command->add_option("-o,--output", options->output, "Quantized model (QDQ ONNX)")->required()->type_name("FILE");
  command->add_option("--method", options->method, "minmax, moving_average, percentile, mse, kl (each tensor by itself), progressive (highest accuracy, needs labels) or descend (lowest cost); without it: --recipe auto");
  command->add_option("--recipe", options->recipe, "auto: descend and remedies in order of cost until the loss is inside --max-loss (the default)");
  command->add_option("--max-loss,--max_loss", options->max_loss, "Points of accuracy that may be lost before auto pays for more precision; of a net without classes: noise in percent of the signal, 0.1 is 30 dB")->capture_default_str();
  command->add_option("--target", options->target, "Kernels that will run it: qmn, cmsis-nn-q7 or cmsis-nn-s8; limits what auto may use")->capture_default_str();
  command->add_option("--objective", options->objective, "What descend minimizes: kl (to float, needs no labels), cross_entropy, accuracy or mix")->capture_default_str();
  command->add_option("--percentile", options->percentile, "Share of values, in %, that the method percentile keeps")->capture_default_str();
  command->add_option("--time-budget,--time_budget", options->time_budget, "Seconds after which the search keeps the best so far; 0: none")->capture_default_str();
  command->add_option("--bias_bits,--bias-bits", options->bias_bits, "8 (with a bias_shift) or 32 (at accumulator scale); default 8, auto: 32 where the target takes it")->check(CLI::IsMember({8, 32}));
  options->calibration.add(*command);
  command->add_option("--sweeps", options->sweeps, "Rounds of descend over all tensors, at most")->capture_default_str();
  command->add_flag("--keep_silence", options->keeps_silence, "Let frames of digital silence into the ranges");
  command->add_option("--act_max", options->act_max, "Fix the ranges of activations: powers of two, 0 = searched")->type_name("MAX ...");
  command->add_option("--int16", options->wide_activations, "Activations that get 16 bits (kernels of qmn)")->type_name("NAME ...");
  command->add_flag("--per_channel,--per-channel", options->is_per_channel, "Weights with a power of two for each output channel (32-bit biases)");
  command->add_option("--weights_header", options->weights_header, "Also write a classic weights.h")->type_name("FILE");
  command->add_option("--report", options->report, "Also write a page (HTML): accuracy, ranges, search, sensitivity, memory")->type_name("FILE");
  options->source.add(*command);
  options->seed.add(*command, "the choice of calibration clips");
  options->output_options.add(*command);
  command->footer(kExamples);
  command->callback([options] { quantize(*options); });
}

}  // namespace qmn::cli
