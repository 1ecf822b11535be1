// SPDX-License-Identifier: Apache-2.0
// cli/quantize_command.cpp   qmn quantize: float model + calibration clips → formats for every value, written as QDQ ONNX.
#include "base/error.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/evaluation.h"
#include "data/features.h"
#include "emit/emit.h"
#include "formats/onnx_format.h"
#include "lower/lower.h"
#include "passes/passes.h"
#include "quantize/evaluate.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"
#include "report/table.h"

#include <chrono>
#include <algorithm>
#include <memory>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn quantize kws.onnx --data words/ -o kws.q.onnx
  qmn quantize kws.onnx --data words/ -o kws.q.onnx --bias_bits 32 --calibration_clips 1000
  qmn quantize kws.onnx --data words/ -o kws.q.onnx --method minmax --weights_header weights.h
  qmn quantize dnn.onnx --data words/ -o dnn.q.onnx --act_max 1 0 0 0 0   the input is Q0.7, the rest is searched

--act_max takes a power of two for each activation, 0 leaves it to the search. The order:
  dnn     input, each fully connected layer; the last are the logits                     (size s: 5 values)
  ds_cnn  input, conv_1, then dw and pw of each further layer, average pool, logits      (size s: 12 values)
They apply to what the network sees: features after the model's scaling of each coefficient.
Calibration never sees the test split.)";

struct Options {
  std::string model, output, weights_header;
  std::string method = "descend", calibration_split = "both";
  int bias_bits = 8, sweeps = 3;
  std::int64_t calibration_clips = 500;
  bool keeps_silence = false;
  std::vector<double> act_max;
  DataOptions data;
  SeedOption seed;
  OutputOptions output_options;
};

RangeMethod method_of(const std::string& name) {
  for (const RangeMethod method : {RangeMethod::minmax, RangeMethod::progressive, RangeMethod::descend}) {
    if (name == method_name(method)) return method;
  }
  fail_usage("--method {}: unknown (there are minmax, progressive, descend)", name);
}

void append(FeatureSet& to, const FeatureSet& from) {
  to.features_per_clip = from.features_per_clip;
  to.features.insert(to.features.end(), from.features.begin(), from.features.end());
  to.labels.insert(to.labels.end(), from.labels.begin(), from.labels.end());
  to.clip_ids.insert(to.clip_ids.end(), from.clip_ids.begin(), from.clip_ids.end());
  to.paths.insert(to.paths.end(), from.paths.begin(), from.paths.end());
  to.silent_frames.insert(to.silent_frames.end(), from.silent_frames.begin(), from.silent_frames.end());
}

/// Validation clips first: the float net is surer of the clips that it was trained on than it will be of any others. Training clips fill up.
FeatureSet calibration_clips(const Options& options, const Dataset& dataset, const FrontEndSettings& front_end) {
  FeatureOptions features{.seed = options.seed.seed, .is_quiet = options.output_options.is_quiet};
  FeatureSet clips;
  if (options.calibration_split != "training") {
    features.limit = options.calibration_clips;
    append(clips, load_features(dataset, Split::validation, front_end, features));
  }
  if (options.calibration_split != "validation" && clips.row_count() < options.calibration_clips) {
    features.limit = options.calibration_clips - clips.row_count();
    append(clips, load_features(dataset, Split::training, front_end, features));
  }
  if (clips.row_count() == 0) fail_data("{}: no calibration clips in the {} split", dataset.settings.folder.string(), options.calibration_split);
  return clips;
}

struct LayerRow {
  std::string name;
  QFormat input, weight, output;
  std::optional<QFormat> bias;
};

std::vector<LayerRow> layer_rows(const Model& model) {
  const auto format = [&](ValueId id) { return model.quantization->formats.at(id); };
  std::vector<LayerRow> rows;
  for (const WeightedLayer& layer : weighted_layers(model.graph)) {
    rows.push_back({layer.name, format(layer.input), format(layer.weight), format(layer.output), layer.bias == kNoValue ? std::nullopt : std::optional(format(layer.bias))});
  }
  return rows;
}

std::string layer_table(const Model& model) {
  Table table({"layer", "input", "weights", "bias", "output", "bias_shift", "out_shift"});
  for (const LayerRow& row : layer_rows(model)) {
    table.add_row({row.name, row.input.name(), row.weight.name(), row.bias ? row.bias->name() : "-", row.output.name(),
                   row.bias ? std::to_string(bias_shift(row.input, row.weight, *row.bias)) : "-", std::to_string(out_shift(row.input, row.weight, row.output))});
  }
  return table.text();
}

nlohmann::json layer_json(const Model& model) {
  nlohmann::json layers = nlohmann::json::array();
  for (const LayerRow& row : layer_rows(model)) {
    nlohmann::json layer{{"name", row.name}, {"input", row.input.name()}, {"weights", row.weight.name()}, {"output", row.output.name()},
                         {"out_shift", out_shift(row.input, row.weight, row.output)}};
    if (row.bias) {
      layer["bias"] = row.bias->name();
      layer["bias_shift"] = bias_shift(row.input, row.weight, *row.bias);
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

/// The activations, tied ones once, with the share of calibration values beyond their format.
std::string activation_table(const QuantizeResult& result) {
  Table table({"activation", "format", "range", "saturating"});
  for (const TiedValues& values : activation_groups(result.model.graph)) {
    const QFormat format = result.model.quantization->formats.at(values.front());
    table.add_row({result.model.graph.value(values.front()).name, format.name(), fmt::format("[{:g}, {:g}]", format.real_min(), format.real_max()),
                   fmt::format("{:.3f} %", 100 * result.saturating_share.at(values.front()))});
  }
  return table.text();
}

void quantize(const Options& options) {
  if (options.calibration_clips < 1) fail_usage("--calibration_clips {}: must be at least 1", options.calibration_clips);
  if (options.sweeps < 1) fail_usage("--sweeps {}: must be at least 1", options.sweeps);
  QuantizeSettings settings{.method = method_of(options.method), .bias_bits = options.bias_bits, .keeps_silent_frames = options.keeps_silence,
                            .sweeps = options.sweeps, .act_max = options.act_max, .is_quiet = options.output_options.is_quiet};
  const Model float_model = read_model(options.model);
  if (!options.act_max.empty()) act_max_formats(prepare_for_inference(float_model.graph), options.act_max);  // a wrong count is said before the data is read
  const Dataset dataset = dataset_for(float_model, options.data, options.model);
  const FrontEndSettings& front_end = float_model.metadata.front_end;
  const FeatureSet calibration = calibration_clips(options, dataset, front_end);

  const auto start = std::chrono::steady_clock::now();
  QuantizeResult result = quantize_model(float_model, calibration, settings);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  const FeatureSet test = load_features(dataset, Split::testing, front_end, {.is_quiet = options.output_options.is_quiet});
  const std::vector<float> reference = float_logits(result.model, test);
  const std::size_t classes = dataset.labels.size();
  const Comparison comparison = compare(reference, integer_logits(result.model, test), test, classes);

  const std::string search = fmt::format("{}, {} calibration clips ({}, seed {}), {}-bit bias: KL {:.5f} -> {:.5f}, accuracy {:.2f} -> {:.2f} %, {} evaluations",
                                         options.method, calibration.row_count(), options.calibration_split == "both" ? "validation first" : options.calibration_split,
                                         options.seed.seed, options.bias_bits, result.start.kl, result.final.kl, 100 * result.start.accuracy, 100 * result.final.accuracy,
                                         result.evaluations);
  result.model.metadata.notes["search"] = search;
  result.model.metadata.notes["figures"] = fmt::format("test split, {} clips: float {:.2f} %, integer {:.2f} %, same label {:.2f} %, KL {:.5f}", test.row_count(),
                                                       100 * comparison.difference.reference_accuracy, 100 * comparison.difference.other_accuracy,
                                                       100 * comparison.agreement, comparison.kl);
  if (!options.weights_header.empty()) write_file_atomic(options.weights_header, emit_weights_header(lower(result.model)));
  write_model(result.model, options.output);

  if (options.output_options.is_json) {
    nlohmann::json activations = nlohmann::json::object();
    for (const auto& [value, share] : result.saturating_share) {
      activations[result.model.graph.value(value).name] = {{"format", result.model.quantization->formats.at(value).name()}, {"saturating_share", share}};
    }
    print_json({{"model", options.output},
                {"method", options.method},
                {"bias_bits", options.bias_bits},
                {"calibration_clips", calibration.row_count()},
                {"layers", layer_json(result.model)},
                {"activations", activations},
                {"remarks", result.remarks},
                {"search",
                 {{"start_kl", result.start.kl}, {"final_kl", result.final.kl}, {"start_accuracy", result.start.accuracy}, {"final_accuracy", result.final.accuracy},
                  {"evaluations", result.evaluations}, {"seconds", seconds}}},
                {"testing",
                 {{"clips", test.row_count()}, {"float_accuracy", comparison.difference.reference_accuracy}, {"integer_accuracy", comparison.difference.other_accuracy},
                  {"comparison", comparison_json(comparison)}}}});
    return;
  }
  fmt::print("{}\n{}", layer_table(result.model), activation_table(result));
  if (!result.remarks.empty()) fmt::print("\n");
  for (const std::string& remark : result.remarks) fmt::print("remark: {}\n", remark);
  fmt::print("\nsearch: {}, {:.1f} s\n", search, seconds);
  fmt::print("test split, {} clips: float {:.2f} %, integer {:.2f} %\n  {}\n", test.row_count(), 100 * comparison.difference.reference_accuracy,
             100 * comparison.difference.other_accuracy, comparison_text(comparison));
  fmt::print("{} written\n", options.output);
  if (!options.weights_header.empty()) fmt::print("{} written\n", options.weights_header);
}

}  // namespace

void add_quantize(CLI::App& app) {
  CLI::App* command = app.add_subcommand("quantize", "Choose a fixed-point format for every value of a float model");
  const auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "Float model (ONNX); of a quantized one the float weights are taken")->required()->type_name("FILE");
  command->add_option("-o,--output", options->output, "Quantized model (QDQ ONNX)")->required()->type_name("FILE");
  command->add_option("--method", options->method, "minmax, progressive (highest accuracy, needs labels) or descend (lowest KL to float)")->capture_default_str();
  command->add_option("--bias_bits,--bias-bits", options->bias_bits, "8 (with a bias_shift) or 32 (at accumulator scale)")->check(CLI::IsMember({8, 32}))->capture_default_str();
  command->add_option("--calibration_clips", options->calibration_clips, "Clips that the ranges are chosen on")->capture_default_str();
  command->add_option("--calibration_split", options->calibration_split, "training, validation or both (validation first, training fills up)")
      ->check(CLI::IsMember({"training", "validation", "both"}))
      ->capture_default_str();
  command->add_option("--sweeps", options->sweeps, "Rounds of descend over all tensors, at most")->capture_default_str();
  command->add_flag("--keep_silence", options->keeps_silence, "Let frames of digital silence into the ranges");
  command->add_option("--act_max", options->act_max, "Fix the ranges of activations: powers of two, 0 = searched")->type_name("MAX ...");
  command->add_option("--weights_header", options->weights_header, "Also write a classic weights.h")->type_name("FILE");
  options->data.add(*command);
  options->seed.add(*command, "the choice of calibration clips");
  options->output_options.add(*command);
  command->footer(kExamples);
  command->callback([options] { quantize(*options); });
}

}  // namespace qmn::cli
