// SPDX-License-Identifier: Apache-2.0
// cli/sensitivity_command.cpp   qmn sensitivity: which tensor of a quantized model costs how much, most harmful first.
#include "base/error.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/evaluation.h"
#include "cli/source_options.h"
#include "formats/onnx_format.h"
#include "quantize/divergence.h"
#include "quantize/remedy_hint.h"
#include "report/sensitivity_text.h"

#include <memory>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn sensitivity kws.q.onnx --data words/                    500 validation clips
  qmn sensitivity kws.q.onnx --data words/ --split testing --clips 2000 --top 10
  qmn sensitivity kws.q.onnx --data words/ --json             every tensor, for scripts

harm        KL to the float net that would be gained if this tensor alone were float; negative: its error helps
all but it  every tensor quantized but this one: KL, and accuracy against the quantized net in points
it alone    this tensor alone quantized: KL, and accuracy against the float net in points
SQNR        signal to quantization noise of the net as it ships, against the float net; earlier layers' errors included
Of a net without classes, the KL is replaced by the share of noise in the signal of its outputs, and there are no points.)";

struct Options {
  std::string model, split = "validation";
  std::int64_t clips = 500;
  std::size_t top = 0;
  SourceOptions source;
  SeedOption seed;
  OutputOptions output;
};

void run_sensitivity(const Options& options) {
  if (options.clips < 1) fail_usage("--clips {}: must be at least 1", options.clips);
  const Split split = split_of(options.split, "--split");
  Model model = read_model(options.model);
  if (!model.quantization) fail_usage("{} is a float model; quantize it first (qmn quantize)", options.model);
  const std::unique_ptr<DataSource> source = options.source.open(model, options.model);
  const FeatureSet clips = source->load(split, model.metadata.front_end, {.seed = options.seed.seed, .limit = options.clips, .is_quiet = options.output.is_quiet});
  if (clips.row_count() == 0) fail_data("{}: no clips in the {} split", source->path().string(), options.split);
  const Sensitivity sensitivity = measure_sensitivity(model, clips, options.output.is_quiet);
  const std::string hint = remedy_hint(model, sensitivity);

  if (options.output.is_json) {
    nlohmann::json json = sensitivity_json(sensitivity);
    json["model"] = options.model;
    json["split"] = options.split;
    json["clips"] = clips.row_count();
    json["hint"] = hint;
    print_json(json);
    return;
  }
  fmt::print("{}", sensitivity_table(sensitivity, options.top == 0 ? sensitivity.tensors.size() : options.top));
  const std::string accuracies = clips.outputs == OutputKind::values || !clips.has_labels()
                                     ? std::string()
                                     : fmt::format("float {:.2f} %, quantized {:.2f} %, ", 100 * sensitivity.float_net.accuracy, 100 * sensitivity.quantized_net.accuracy);
  fmt::print("\n{} {} clips: {}{}\nhint: {}\n", clips.row_count(), options.split, accuracies, divergence_text(sensitivity.outputs, sensitivity.quantized_net.kl), hint);
}

}  // namespace

void add_sensitivity(CLI::App& app) {
  CLI::App* command = app.add_subcommand("sensitivity", "Which tensor of a quantized model costs how much accuracy");
  const auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "Quantized model (ONNX)")->required()->type_name("FILE");
  command->add_option("--split", options->split, "training, validation or testing")->capture_default_str();
  command->add_option("--clips", options->clips, "Clips to measure on, an even choice over the split")->capture_default_str();
  command->add_option("--top", options->top, "Show only that many tensors (default: all)");
  options->source.add(*command);
  options->seed.add(*command, "the choice of clips");
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { run_sensitivity(*options); });
}

}  // namespace qmn::cli
