// SPDX-License-Identifier: Apache-2.0
// cli/quant_test_command.cpp   qmn quant_test: the classic command line. Weights are quantized by the classic rule, each tensor by itself;
// training, validation and test accuracy are reported, and weights.h is written.
//
// Activations are float, or fake-quantized where --act_max is not 0. The classic nets see the MFCC itself, so the first value of --act_max
// is in its units. A model that scales coefficient c by 2^-s[c] is given rounded MFCC, then scaled: no single format of its input.
// The values follow the rule even where a kernel could not run them (a bias finer than its accumulator): that is said, and
// `qmn quantize` is what chooses formats that ship.
#include "base/error.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/evaluation.h"
#include "emit/emit.h"
#include "engine/engine.h"
#include "formats/onnx_format.h"
#include "models/models.h"
#include "passes/passes.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"
#include "report/table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn quant_test --model_architecture dnn --model_size_info 144 144 144 --dct_coefficient_count 10 --window_size_ms 40 \
    --window_stride_ms 40 --checkpoint dnn.onnx
  the same with --act_max 32 0 0 0 0: the input fake-quantized to [-32, 31.75], the other activations float

--act_max takes a power of two for each activation, 0 = float. The order:
  dnn     input, each fully connected layer; the last are the logits                     (size s: 5 values)
  ds_cnn  input, conv_1, then dw and pw of each further layer, average pool, logits      (size s: 12 values)
The input's value applies to the MFCC, as it always did, even where the model then scales each coefficient by a power of two.
Flags that describe the model are checked against it; those that are left out are taken from it.)";

struct Options {
  std::string checkpoint, architecture;
  std::vector<int> size_info;
  std::vector<double> act_max;
  std::string weights_header = "weights.h";
  std::optional<int> batch_size;
  DataOptions data;
  FrontEndOptions front_end;
  OutputOptions output;
};

/// What can be wrong before any file is opened: an unknown architecture, a size list of the wrong length, an --act_max of no meaning.
void check_flags(const Options& options) {
  if (options.batch_size && *options.batch_size < 1) fail_usage("--batch_size {}: must be at least 1", *options.batch_size);
  for (const double value : options.act_max) {
    if (value != 0) format_for_act_max(value);
  }
  if (options.architecture.empty()) {
    if (!options.size_info.empty()) fail_usage("--model_size_info needs --model_architecture beside it");
    return;
  }
  const FrontEndSettings front_end = options.front_end.resolve(published_front_end(options.architecture));
  if (!options.size_info.empty()) build_model(options.architecture, options.size_info, front_end, 12, 1);
}

void check_against_model(const Options& options, const Metadata& model) {
  if (!options.architecture.empty() && !model.architecture.empty() && options.architecture != model.architecture) {
    fail_usage("--model_architecture {} contradicts {}, which is a {}", options.architecture, options.checkpoint, model.architecture);
  }
  if (!options.size_info.empty() && !model.size_info.empty() && options.size_info != model.size_info) {
    fail_usage("--model_size_info {} contradicts {}, which was made with {}", fmt::join(options.size_info, " "), options.checkpoint, fmt::join(model.size_info, " "));
  }
  options.front_end.resolve_for_model(model.front_end);
}

/// What the kernels could not run as it stands, a line each.
std::vector<std::string> remarks_of(const Model& model) {
  std::vector<std::string> remarks;
  for (const WeightedLayer& layer : weighted_layers(model.graph)) {
    const auto format = [&](ValueId id) { return model.quantization->format_of(id); };
    const auto input = format(layer.input), output = format(layer.output);
    const QFormat weight = *format(layer.weight);
    if (!input) continue;
    if (layer.bias != kNoValue) {
      if (const int shift = bias_shift(*input, weight, *format(layer.bias)); shift < 0) {
        remarks.push_back(fmt::format("{}: bias_shift would be {} (bias {}, input {}, weights {}): no kernel runs that; qmn quantize clamps the bias", layer.name, shift,
                                      format(layer.bias)->name(), input->name(), weight.name()));
      }
    }
    if (!output) continue;
    if (const int shift = out_shift(*input, weight, *output); shift < 0 || shift > kMaxOutShift) {
      remarks.push_back(fmt::format("{}: out_shift would be {} (output {}, input {}, weights {}): no kernel runs that; choose another --act_max", layer.name, shift, output->name(),
                                    input->name(), weight.name()));
    }
  }
  return remarks;
}

bool scales_coefficients(const FrontEndSettings& front_end) {
  return std::ranges::any_of(front_end.coefficient_shifts, [](int shift) { return shift != 0; });
}

/// Rounds MFCC of `format` in features that are MFCC times 2^-shift of each coefficient.
void quantize_mfcc(FeatureSet& clips, const std::vector<int>& coefficient_shifts, QFormat format) {
  for (std::size_t i = 0; i < clips.features.size(); ++i) {
    const int shift = coefficient_shifts[i % coefficient_shifts.size()];
    clips.features[i] = static_cast<float>(std::ldexp(dequantize(quantize(std::ldexp(clips.features[i], shift), format), format), -shift));
  }
}

std::string format_table(const Model& model) {
  const auto name = [&](ValueId id) {
    const auto format = id == kNoValue ? std::nullopt : model.quantization->format_of(id);
    return format ? format->name() : std::string(id == kNoValue ? "-" : "float");
  };
  Table table({"layer", "input", "weights", "bias", "output"});
  for (const WeightedLayer& layer : weighted_layers(model.graph)) table.add_row({layer.name, name(layer.input), name(layer.weight), name(layer.bias), name(layer.output)});
  return table.text();
}

void quant_test(const Options& options) {
  check_flags(options);
  Model model = read_model(options.checkpoint);
  check_against_model(options, model.metadata);
  model.graph = prepare_for_inference(std::move(model.graph));
  model.quantization = quantize_parameters(model.graph, 8);
  if (!options.act_max.empty()) {
    for (const auto& [value, format] : act_max_formats(model.graph, options.act_max)) model.quantization->formats[value] = format;
  }
  const std::vector<int>& shifts = model.metadata.front_end.coefficient_shifts;
  std::optional<QFormat> mfcc_format;  // of the input, where it has no single format
  if (scales_coefficients(model.metadata.front_end)) {
    mfcc_format = model.quantization->format_of(model.graph.input);
    const std::vector<TiedValues> activations = activation_groups(model.graph);  // the input and its flattened view come first
    for (const ValueId value : activations.front()) model.quantization->formats.erase(value);
  }
  const Dataset dataset = dataset_for(model, options.data, options.checkpoint);
  std::vector<std::string> remarks = remarks_of(model);
  if (mfcc_format) {
    remarks.push_back(fmt::format("--act_max of the input: the MFCC are rounded to {}; the model then scales coefficient c by 2^-s, s = {}", mfcc_format->name(), fmt::join(shifts, " ")));
  }

  nlohmann::json result{{"checkpoint", options.checkpoint}, {"labels", dataset.labels}, {"remarks", remarks}, {"weights_header", options.weights_header}, {"splits", nlohmann::json::object()}};
  if (!options.output.is_json) {
    fmt::print("{}", format_table(model));
    for (const std::string& remark : remarks) fmt::print("remark: {}\n", remark);
    fmt::print("\n");
  }
  const Graph graph = up_to_logits(model.graph);
  const std::unique_ptr<Evaluator> evaluator = engine().evaluator(graph, &*model.quantization);
  for (const Split split : {Split::training, Split::validation, Split::testing}) {
    FeatureSet clips = load_features(dataset, split, model.metadata.front_end, {.is_quiet = options.output.is_quiet});
    if (mfcc_format) quantize_mfcc(clips, shifts, *mfcc_format);
    const ConfusionMatrix matrix = confusion(evaluator->run(clips.features, clips.row_count()), clips.labels, dataset.labels);
    result["splits"][split_name(split)] = confusion_json(matrix);
    if (!options.output.is_json) fmt::print("{}\n{} accuracy {:.2f} % (N={})\n\n", confusion_text(matrix), split_name(split), 100 * matrix.accuracy(), matrix.total());
  }
  write_file_atomic(options.weights_header, emit_weights_header(model));
  if (options.output.is_json) {
    print_json(result);
  } else {
    fmt::print("{} written\n", options.weights_header);
  }
}

}  // namespace

void add_quant_test(CLI::App& app) {
  CLI::App* command = app.add_subcommand("quant_test", "The classic script: quantize the weights of a checkpoint, report accuracy, write weights.h");
  const auto options = std::make_shared<Options>();
  command->add_option("--checkpoint", options->checkpoint, "Trained model (ONNX)")->required()->type_name("FILE");
  command->add_option("--model_architecture", options->architecture, fmt::format("One of {}", fmt::join(architecture_names(), ", ")));
  command->add_option("--model_size_info", options->size_info, "Sizes of the layers, as for qmn train")->type_name("N ...");
  command->add_option("--act_max", options->act_max, "Largest value of each activation: a power of two, 0 = float (default: all float)")->type_name("MAX ...");
  command->add_option("--weights_header", options->weights_header, "Where weights.h goes")->capture_default_str()->type_name("FILE");
  command->add_option("--batch_size", options->batch_size, "Accepted as the classic flag; results do not depend on it");
  options->data.add(*command);
  options->front_end.add(*command);
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { quant_test(*options); });
}

}  // namespace qmn::cli
