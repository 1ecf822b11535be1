// SPDX-License-Identifier: Apache-2.0
// cli/report_command.cpp   qmn report: the page of a quantized model that stands already. The steps of its search are not in its file:
// qmn quantize --report draws them too.
#include "base/error.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/evaluation.h"
#include "cli/report_file.h"
#include "cli/source_options.h"
#include "formats/onnx_format.h"

#include <memory>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn report kws.q.onnx --data words/ -o report.html
  qmn report kws.q.onnx --data words/ -o report.html --copies 10    accuracy paired over 10 disturbed copies of each clip

The page is one file that needs no network: it can be mailed, printed and read on a phone. Accuracy is of the test split; ranges and
sensitivity are of validation clips.)";

struct Options {
  std::string model, output = "report.html";
  std::int64_t clips = 500;
  int copies = 0;
  SourceOptions source;
  SeedOption seed;
  OutputOptions output_options;
};

void run_report(const Options& options) {
  if (options.clips < 1) fail_usage("--clips {}: must be at least 1", options.clips);
  if (options.copies < 0 || options.copies > 1000) fail_usage("--copies {}: must be between 0 and 1000", options.copies);
  check_report_path(options.output, "-o");
  Model model = read_model(options.model);
  if (!model.quantization) fail_usage("{} is a float model; quantize it first (qmn quantize)", options.model);
  const std::unique_ptr<DataSource> source = options.source.open(model, options.model);
  check_copies(*source, options.copies);
  const FrontEndSettings& front_end = model.metadata.front_end;
  const bool is_quiet = options.output_options.is_quiet;
  const FeatureSet calibration = source->load(Split::validation, front_end, {.seed = options.seed.seed, .limit = options.clips, .is_quiet = is_quiet});
  if (calibration.row_count() == 0) fail_data("{}: no clips in the validation split", source->path().string());
  const FeatureSet check = source->load(Split::testing, front_end, {.copies = options.copies, .seed = options.seed.seed, .has_device_features = true, .is_quiet = is_quiet});
  if (check.row_count() == 0) fail_data("{}: no clips in the testing split", source->path().string());
  write_report({.model_path = options.model, .model = model, .labels = source->labels(), .calibration = calibration, .check = check, .check_split = split_name(Split::testing),
                .copies = options.copies, .settings = {{"ranges and sensitivity", fmt::format("{} validation clips, seed {}", calibration.row_count(), options.seed.seed)}}, .is_quiet = is_quiet},
               options.output);
  if (options.output_options.is_json) print_json({{"model", options.model}, {"report", options.output}});
  else fmt::print("{} written\n", options.output);
}

}  // namespace

void add_report(CLI::App& app) {
  CLI::App* command = app.add_subcommand("report", "A page on a quantized model: accuracy, ranges, sensitivity, memory");
  const auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "Quantized model (ONNX)")->required()->type_name("FILE");
  command->add_option("-o,--output", options->output, "The page")->type_name("FILE")->capture_default_str();
  command->add_option("--clips", options->clips, "Validation clips for ranges and sensitivity")->capture_default_str();
  command->add_option("--copies", options->copies, "Measure accuracy on that many disturbed copies of each test clip, paired");
  options->source.add(*command);
  options->seed.add(*command, "the choice of clips and the copies");
  options->output_options.add(*command);
  command->footer(kExamples);
  command->callback([options] { run_report(*options); });
}

}  // namespace qmn::cli
