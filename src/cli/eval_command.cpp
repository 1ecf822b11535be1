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
  qmn eval kws.qat.onnx --data words/ --copies 10 --against kws.q.onnx   two models on the same clips, paired

The float reference of a quantized model are its own float weights, which its file keeps. The interval is a 95 % bootstrap that
draws whole clips, copies together. With --against both models run in their last form, integer or float, and the difference is this
one minus the other. Copies are shifted in time by up to 100 ms and get background noise; --seed fixes them.)";

struct Options {
  std::string model, split, mode, against;
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
std::vector<Mode> modes_of(const Options& options, const std::string& path, bool is_quantized) {
  if (!is_quantized && (options.mode == kFakeQuant.name || options.mode == kInteger.name)) {
    fail_usage("--mode {}: {} is a float model; quantize it first (qmn quantize)", options.mode, path);
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

/// A row of the table of forms: against the form named first.
void add_comparison(Table& table, const std::string& form, double accuracy, const Comparison& comparison) {
  const PairedDifference& difference = comparison.difference;
  table.add_row({form, percent(accuracy), fmt::format("{:+.2f}", 100 * difference.mean), fmt::format("[{:+.2f}, {:+.2f}]", 100 * difference.low, 100 * difference.high),
                 percent(comparison.agreement), fmt::format("{:.5f}", comparison.kl)});
}

const std::vector<std::string> kComparisonColumns{"form", "accuracy", "difference", "95 % interval", "same label", "KL"};

FeatureSet load_split(const Options& options, const Model& model, const Dataset& dataset, Split split) {
  return load_features(dataset, split, model.metadata.front_end, {.copies = options.copies, .seed = options.seed.seed, .is_quiet = options.output.is_quiet});
}

void print_split_title(const Options& options, Split split, std::int64_t clips) {
  fmt::print("{}: {} clips{}\n", split_name(split), clips, options.copies > 0 ? fmt::format(" ({} copies of each clip)", options.copies) : "");
}

nlohmann::json evaluate_split(const Options& options, const Model& model, const Dataset& dataset, Split split, const std::vector<Mode>& modes) {
  const FeatureSet clips = load_split(options, model, dataset, split);
  nlohmann::json json{{"clips", clips.row_count()}, {"copies", options.copies}};
  Table table(kComparisonColumns);
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
      add_comparison(table, mode.name, shown->accuracy(), comparison);
    }
  }
  if (!options.output.is_json) {
    print_split_title(options, split, clips.row_count());
    if (modes.size() > 1) fmt::print("{}\n", table.text());
    fmt::print("{} accuracy {}\n{}\n", shown_name, percent(shown->accuracy()), confusion_text(*shown));
  }
  return json;
}

/// A model, and the form of it that is compared with another model.
struct Contender {
  const std::string& path;
  const Model& model;
  Mode mode;
};

/// Each model sees the same copies, made by its own front end.
nlohmann::json compare_on_split(const Options& options, const Contender& one, const Contender& other, const Dataset& dataset, Split split) {
  const FeatureSet clips = load_split(options, one.model, dataset, split);
  const std::vector<float> reference = other.mode.logits(other.model, load_split(options, other.model, dataset, split));
  const Comparison comparison = compare(reference, one.mode.logits(one.model, clips), clips, dataset.labels.size());
  const PairedDifference& difference = comparison.difference;
  nlohmann::json json{{"clips", clips.row_count()}, {"copies", options.copies}, {"accuracy", difference.other_accuracy}, {"accuracy_against", difference.reference_accuracy}};
  json.update(comparison_json(comparison));
  if (!options.output.is_json) {
    Table table(kComparisonColumns);
    table.add_row({fmt::format("{}, {}", other.path, other.mode.name), percent(difference.reference_accuracy)});
    add_comparison(table, fmt::format("{}, {}", one.path, one.mode.name), difference.other_accuracy, comparison);
    print_split_title(options, split, clips.row_count());
    fmt::print("{}\n", table.text());
  }
  return json;
}

nlohmann::json evaluate_against(const Options& options, const Model& model, const Dataset& dataset, const std::vector<Split>& splits) {
  const Model other_model = read_model(options.against);
  dataset_for(other_model, options.data, options.against);  // checks its labels
  if (other_model.metadata.labels != model.metadata.labels) fail_data("{}: its labels are not those of {}: they cannot be compared", options.against, options.model);
  const Contender one{options.model, model, modes_of(options, options.model, model.quantization.has_value()).back()};
  const Contender other{options.against, other_model, modes_of(options, options.against, other_model.quantization.has_value()).back()};
  nlohmann::json result{{"model", options.model}, {"form", one.mode.name}, {"against", options.against}, {"form_against", other.mode.name}, {"splits", nlohmann::json::object()}};
  for (const Split split : splits) result["splits"][split_name(split)] = compare_on_split(options, one, other, dataset, split);
  return result;
}

void evaluate(const Options& options) {
  if (options.copies < 0 || options.copies > 1000) fail_usage("--copies {}: must be between 0 and 1000", options.copies);
  const std::vector<Split> splits = splits_of(options);
  const Model model = read_model(options.model);
  const std::vector<Mode> modes = modes_of(options, options.model, model.quantization.has_value());
  const Dataset dataset = dataset_for(model, options.data, options.model);
  nlohmann::json result;
  if (!options.against.empty()) {
    result = evaluate_against(options, model, dataset, splits);
  } else {
    result = {{"model", options.model}, {"labels", dataset.labels}, {"splits", nlohmann::json::object()}};
    for (const Split split : splits) result["splits"][split_name(split)] = evaluate_split(options, model, dataset, split, modes);
  }
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
  command->add_option("--against", options->against, "Compare with this model on the same clips, paired")->type_name("FILE");
  command->add_flag("--weights_only", options->is_weights_only, "Quantized weights, float activations");
  options->data.add(*command);
  options->seed.add(*command, "the copies");
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { evaluate(*options); });
}

}  // namespace qmn::cli
