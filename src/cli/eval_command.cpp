// SPDX-License-Identifier: Apache-2.0
// cli/eval_command.cpp   qmn eval: accuracy and confusion matrix of each split, or the errors of a net without classes; a quantized model in
// each of its forms, side by side.
#include "base/error.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/evaluation.h"
#include "cli/feature_report.h"
#include "cli/form_table.h"
#include "cli/source_options.h"
#include "formats/onnx_format.h"
#include "quantize/evaluate.h"

#include <functional>
#include <memory>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn eval kws.onnx --data words/                          training, validation and test accuracy of a float model
  qmn eval kws.q.onnx --data words/ --split testing        float, fake-quantized and integer side by side
  qmn eval kws.q.onnx --data words/ --copies 10            paired over 10 disturbed copies of each test clip
  qmn eval kws.q.onnx --data words/ --split testing --features   what the device's integer front end costs
  qmn eval kws.onnx --data words/ --weights_only           weights by the classic rule, activations float
  qmn eval resnet.q.onnx --data pictures/ --split testing  a folder of PNG for each class
  qmn eval encoder.q.onnx --data frames.csv                a net without classes: squared error, SQNR, AUC where a column marks anomalies
  qmn eval kws.qat.onnx --data words/ --copies 10 --against kws.q.onnx   two models on the same clips, paired

The float reference of a quantized model are its own float weights, which its file keeps. The interval is a 95 % bootstrap that
draws whole clips, copies together. With --against both models run in their last form, integer or float, and the difference is this
one minus the other. Copies are shifted in time by up to 100 ms and get background noise; --seed fixes them.)";

struct Options {
  std::string model, split, mode, against;
  int copies = 0;
  bool is_weights_only = false, compares_features = false;
  SourceOptions source;
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

FeatureSet load_split(const Options& options, const Model& model, const DataSource& source, Split split) {
  return source.load(split, model.metadata.front_end, {.copies = options.copies, .seed = options.seed.seed, .has_device_features = model.quantization.has_value(), .is_quiet = options.output.is_quiet});
}

void print_split_title(const Options& options, Split split, std::int64_t clips) {
  fmt::print("{}: {} clips{}\n", split_name(split), clips, options.copies > 0 ? fmt::format(" ({} copies of each clip)", options.copies) : "");
}

nlohmann::json evaluate_split(const Options& options, const Model& model, const DataSource& source, Split split, const std::vector<Mode>& modes) {
  const FeatureSet clips = load_split(options, model, source, split);
  nlohmann::json json{{"clips", clips.row_count()}, {"copies", options.copies}};
  if (options.compares_features) {
    if (!options.output.is_json) print_split_title(options, split, clips.row_count());
    json.update(feature_report(model, options.model, clips, source.labels(), options.output.is_json));
    return json;
  }
  const std::unique_ptr<FormTable> forms = FormTable::of(clips, source.labels());
  for (std::size_t i = 0; i < modes.size(); ++i) {
    forms->add(modes[i].name, modes[i].logits(model, clips));
    json[modes[i].name] = forms->json(i);
  }
  if (!options.output.is_json) {
    print_split_title(options, split, clips.row_count());
    if (modes.size() > 1) fmt::print("{}\n", forms->table());
    fmt::print("{}\n", forms->details());
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
nlohmann::json compare_on_split(const Options& options, const Contender& one, const Contender& other, const DataSource& source, Split split) {
  const FeatureSet clips = load_split(options, one.model, source, split);
  const std::unique_ptr<FormTable> forms = FormTable::of(clips, source.labels());
  forms->add(fmt::format("{}, {}", other.path, other.mode.name), other.mode.logits(other.model, load_split(options, other.model, source, split)));
  forms->add(fmt::format("{}, {}", one.path, one.mode.name), one.mode.logits(one.model, clips));
  nlohmann::json json = forms->json(1);
  json.update({{"clips", clips.row_count()}, {"copies", options.copies}});
  json.erase("confusion");
  const nlohmann::json first = forms->json(0);
  for (const auto& [key, figure] : first.items()) {
    if (key == "accuracy" || key == "squared_error" || key == "auc") json[key + "_against"] = figure;
  }
  if (!options.output.is_json) {
    print_split_title(options, split, clips.row_count());
    fmt::print("{}\n", forms->table());
  }
  return json;
}

nlohmann::json evaluate_against(const Options& options, const Model& model, const DataSource& source, const std::vector<Split>& splits) {
  Model other_model = read_model(options.against);
  options.source.open(other_model, options.against);  // checks its labels
  if (other_model.metadata.labels != model.metadata.labels) fail_data("{}: its labels are not those of {}: they cannot be compared", options.against, options.model);
  const Contender one{options.model, model, modes_of(options, options.model, model.quantization.has_value()).back()};
  const Contender other{options.against, other_model, modes_of(options, options.against, other_model.quantization.has_value()).back()};
  nlohmann::json result{{"model", options.model}, {"form", one.mode.name}, {"against", options.against}, {"form_against", other.mode.name}, {"splits", nlohmann::json::object()}};
  for (const Split split : splits) result["splits"][split_name(split)] = compare_on_split(options, one, other, source, split);
  return result;
}

void evaluate(const Options& options) {
  if (options.copies < 0 || options.copies > 1000) fail_usage("--copies {}: must be between 0 and 1000", options.copies);
  if (options.compares_features && (!options.against.empty() || !options.mode.empty() || options.is_weights_only)) {
    fail_usage("--features compares front ends under the integer net: it goes without --mode, --against and --weights_only");
  }
  const std::vector<Split> splits = splits_of(options);
  Model model = read_model(options.model);
  const std::vector<Mode> modes = modes_of(options, options.model, model.quantization.has_value());
  const std::unique_ptr<DataSource> source = options.source.open(model, options.model);
  check_copies(*source, options.copies);
  nlohmann::json result;
  if (!options.against.empty()) {
    result = evaluate_against(options, model, *source, splits);
  } else {
    result = {{"model", options.model}, {"labels", source->labels()}, {"splits", nlohmann::json::object()}};
    for (const Split split : splits) result["splits"][split_name(split)] = evaluate_split(options, model, *source, split, modes);
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
  command->add_flag("--features", options->compares_features, "The integer front end against the float one: a histogram of errors, and the integer net on either, paired");
  options->source.add(*command);
  options->seed.add(*command, "the copies");
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { evaluate(*options); });
}

}  // namespace qmn::cli
