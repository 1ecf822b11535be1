// SPDX-License-Identifier: Apache-2.0
// cli/eval_command.cpp   qmn eval: accuracy and confusion matrix of each split; a quantized model in each of its forms, side by side.
#include "base/error.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/evaluation.h"
#include "formats/onnx_format.h"
#include "quantize/evaluate.h"
#include "report/table.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn eval kws.onnx --data words/                          training, validation and test accuracy of a float model
  qmn eval kws.q.onnx --data words/ --split testing        float, fake-quantized and integer side by side
  qmn eval kws.q.onnx --data words/ --copies 10            paired over 10 disturbed copies of each test clip
  qmn eval kws.onnx --data words/ --weights_only           weights by the classic rule, activations float

The float reference of a quantized model are its own float weights, which its file keeps. The interval is a 95 % bootstrap that
draws whole clips, copies together. Copies are shifted in time by up to 100 ms and get background noise; --seed fixes them.)";

struct Options {
  std::string model, split, mode;
  int copies = 0;
  bool is_weights_only = false;
  DataOptions data;
  SeedOption seed;
  OutputOptions output;
};

/// A form of the model, and how its logits come about.
struct Mode {
  std::string name;
  std::function<std::vector<float>(const Model&, const FeatureSet&)> logits;
};
const Mode kFloat{"float", float_logits}, kWeightsOnly{"weights-only", weights_only_logits}, kFakeQuant{"fake-quant", fake_quant_logits}, kInteger{"integer", integer_logits};

/// The forms to measure; float is always the first, as the reference.
std::vector<Mode> modes_of(const Options& options, bool is_quantized) {
  if (!is_quantized && (options.mode == kFakeQuant.name || options.mode == kInteger.name)) {
    fail_usage("--mode {}: {} is a float model; quantize it first (qmn quantize)", options.mode, options.model);
  }
  std::vector<Mode> modes{kFloat};
  if (options.is_weights_only || options.mode == kWeightsOnly.name) modes.push_back(kWeightsOnly);
  if (options.is_weights_only) return modes;
  for (const Mode& mode : {kFakeQuant, kInteger}) {
    if (options.mode == mode.name || (options.mode.empty() && is_quantized)) modes.push_back(mode);
  }
  return modes;
}

std::vector<Split> splits_of(const Options& options) {
  const std::string split = !options.split.empty() ? options.split : options.copies > 0 ? "testing" : "all";
  if (split == "all") return {Split::training, Split::validation, Split::testing};
  for (const Split one : {Split::training, Split::validation, Split::testing}) {
    if (split == split_name(one)) return {one};
  }
  fail_usage("--split {}: unknown (there are all, training, validation, testing)", split);
}

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

nlohmann::json evaluate_split(const Options& options, const Model& model, const Dataset& dataset, Split split, const std::vector<Mode>& modes) {
  const FeatureSet clips = load_features(dataset, split, model.metadata.front_end, {.copies = options.copies, .seed = options.seed.seed, .is_quiet = options.output.is_quiet});
  nlohmann::json json{{"clips", clips.row_count()}, {"copies", options.copies}};
  Table table({"form", "accuracy", "difference", "95 % interval", "same label", "KL"});
  std::optional<ConfusionMatrix> shown;
  std::string shown_name;
  std::vector<float> reference;
  for (const Mode& mode : modes) {
    std::vector<float> logits = mode.logits(model, clips);
    shown = confusion(logits, clips.labels, dataset.labels);
    shown_name = mode.name;
    json[mode.name] = confusion_json(*shown);
    if (reference.empty()) {
      reference = std::move(logits);
      table.add_row({mode.name, percent(shown->accuracy())});
    } else {
      const Comparison comparison = compare(reference, logits, clips, dataset.labels.size());
      json[mode.name].update(comparison_json(comparison));
      table.add_row({mode.name, percent(shown->accuracy()), fmt::format("{:+.2f}", 100 * comparison.difference.mean),
                     fmt::format("[{:+.2f}, {:+.2f}]", 100 * comparison.difference.low, 100 * comparison.difference.high), percent(comparison.agreement),
                     fmt::format("{:.5f}", comparison.kl)});
    }
  }
  if (!options.output.is_json) {
    const std::string copies = options.copies > 0 ? fmt::format(" ({} copies of each clip)", options.copies) : "";
    fmt::print("{}: {} clips{}\n", split_name(split), clips.row_count(), copies);
    if (modes.size() > 1) fmt::print("{}\n", table.text());
    fmt::print("{} accuracy {}\n{}\n", shown_name, percent(shown->accuracy()), confusion_text(*shown));
  }
  return json;
}

void evaluate(const Options& options) {
  if (options.copies < 0 || options.copies > 1000) fail_usage("--copies {}: must be between 0 and 1000", options.copies);
  const std::vector<Split> splits = splits_of(options);
  const Model model = read_model(options.model);
  const std::vector<Mode> modes = modes_of(options, model.quantization.has_value());
  const Dataset dataset = dataset_for(model, options.data, options.model);
  nlohmann::json result{{"model", options.model}, {"labels", dataset.labels}, {"splits", nlohmann::json::object()}};
  for (const Split split : splits) result["splits"][split_name(split)] = evaluate_split(options, model, dataset, split, modes);
  if (options.output.is_json) print_json(result);
}

}  // namespace

void add_eval(CLI::App& app) {
  CLI::App* command = app.add_subcommand("eval", "Measure a model: accuracy, confusion matrices, integer against float");
  const auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "Model (ONNX), float or quantized")->required()->type_name("FILE");
  command->add_option("--split", options->split, "all, training, validation or testing (default: all; testing with --copies)");
  command->add_option("--copies", options->copies, "Measure on that many disturbed copies of each clip, paired");
  command->add_option("--mode", options->mode, "float, weights-only, fake-quant or integer (default: all that the model has)")->check(CLI::IsMember({"float", "weights-only", "fake-quant", "integer"}));
  command->add_flag("--weights_only", options->is_weights_only, "Quantized weights, float activations");
  options->data.add(*command);
  options->seed.add(*command, "the copies");
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { evaluate(*options); });
}

}  // namespace qmn::cli
