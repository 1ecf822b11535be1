// SPDX-License-Identifier: Apache-2.0
// cli/ablation_command.cpp   qmn ablation: every method and remedy on one model and data set, measured alike, as one table.
#include "quantize/ablation.h"

#include "base/error.h"
#include "cli/calibration.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/source_options.h"
#include "formats/onnx_format.h"
#include "quantize/divergence.h"
#include "quantize/finetune.h"
#include "report/table.h"

#include <memory>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn ablation kws.onnx --data words/                       all rows; accuracies over 10 disturbed copies of each test clip
  qmn ablation kws.onnx --data words/ --copies 3 --json
  qmn ablation kws.onnx --data words/ --target cmsis-nn-q7  what those kernels can run

Columns: accuracy on the clips that the searches saw, and on copies of test clips that nothing saw; the difference to float there, paired,
with a 95 % bootstrap interval that draws whole clips; share of clips with the float net's label; KL to float; seconds to make the model.)";

struct Options {
  std::string model, target = "qmn";
  int copies = 10;
  std::int64_t finetune_steps = 600;
  double max_loss = 0.1;
  CalibrationOptions calibration;
  SourceOptions source;
  SeedOption seed;
  OutputOptions output;
};

std::string row_table(const std::vector<AblationRow>& rows, OutputKind outputs) {
  if (outputs == OutputKind::values) {
    Table table({"method", "SQNR dB, search", "SQNR dB, unseen", "seconds"});
    for (const AblationRow& row : rows) table.add_row({row.name, fmt::format("{:.2f}", decibels(row.search_kl)), fmt::format("{:.2f}", decibels(row.kl)), fmt::format("{:.1f}", row.seconds)});
    return table.text();
  }
  Table table({"method", "search clips", "unseen", "difference", "95 % interval", "same label", "KL", "seconds"});
  for (const AblationRow& row : rows) {
    table.add_row({row.name, fmt::format("{:.2f} %", 100 * row.search_accuracy), fmt::format("{:.2f} %", 100 * row.unseen.other_accuracy),
                   fmt::format("{:+.2f}", 100 * row.unseen.mean), fmt::format("[{:+.2f}, {:+.2f}]", 100 * row.unseen.low, 100 * row.unseen.high),
                   fmt::format("{:.2f} %", 100 * row.agreement), fmt::format("{:.5f}", row.kl), fmt::format("{:.1f}", row.seconds)});
  }
  return table.text();
}

nlohmann::json row_json(const std::vector<AblationRow>& rows) {
  nlohmann::json all = nlohmann::json::array();
  for (const AblationRow& row : rows) {
    all.push_back({{"name", row.name}, {"search_accuracy", row.search_accuracy}, {"unseen_accuracy", row.unseen.other_accuracy}, {"difference", row.unseen.mean},
                   {"difference_low", row.unseen.low}, {"difference_high", row.unseen.high}, {"agreement", row.agreement}, {"search_kl", row.search_kl}, {"kl", row.kl}, {"seconds", row.seconds}});
  }
  return all;
}

/// The result of auto, trained on under its formats.
AblationEntry finetuned(const Options& options, const DataSource& source) {
  return {fmt::format("auto, then finetune, {} steps", options.finetune_steps), [&options, &source](const Model& quantized, const AblationClips&) {
            FinetuneSettings settings;
            settings.training = finetune_recipe(quantized.metadata.front_end);
            settings.training.step_counts = {options.finetune_steps};
            settings.training.seed = options.seed.seed;
            settings.training.is_quiet = options.output.is_quiet;
            return finetune_model(quantized, std::nullopt, source, settings, {}).model;
          }};
}

void ablation(const Options& options) {
  options.calibration.check();
  if (options.copies < 1) fail_usage("--copies {}: must be at least 1", options.copies);
  if (options.finetune_steps < 0) fail_usage("--finetune_steps {}: a number of steps, 0 for none", options.finetune_steps);
  const bool is_quiet = options.output.is_quiet;
  const RecipeSettings recipe{.search = {.is_quiet = is_quiet}, .target = quantization_target(options.target), .max_loss = options.max_loss};
  Model model = read_model(options.model);
  const std::unique_ptr<DataSource> source = options.source.open(model, options.model);
  AblationClips clips{.recipe = options.calibration.load_parted(*source, model.metadata.front_end, options.seed.seed, is_quiet), .unseen = {}};
  clips.unseen = source->load(Split::testing, model.metadata.front_end, {.copies = options.copies, .seed = options.seed.seed, .has_device_features = true, .is_quiet = is_quiet});
  if (clips.unseen.row_count() == 0) fail_data("{}: no clips in the testing split", source->path().string());
  std::vector<AblationEntry> followers;
  if (options.finetune_steps > 0 && clips.unseen.outputs == OutputKind::classes && clips.unseen.has_labels()) followers.push_back(finetuned(options, *source));
  const std::vector<AblationRow> rows = ablate(model, clips, ablation_entries(recipe.search, recipe.target.takes_wide_bias), recipe, followers);
  const double float_accuracy = rows.front().unseen.reference_accuracy;
  if (options.output.is_json) {
    print_json({{"model", options.model}, {"target", options.target}, {"float_accuracy", float_accuracy}, {"search_clips", clips.recipe.search.row_count()},
                {"check_rows", clips.recipe.check.row_count()}, {"unseen_rows", clips.unseen.row_count()}, {"rows", row_json(rows)}});
    return;
  }
  const std::string accuracy = clips.unseen.outputs == OutputKind::values ? "" : fmt::format("; float {:.2f} % on these", 100 * float_accuracy);
  fmt::print("{}\n{} search clips ({}), {} check rows, {} unseen rows{}\n", row_table(rows, clips.unseen.outputs), clips.recipe.search.row_count(),
             options.calibration.describe(options.seed.seed), clips.recipe.check.row_count(), clips.unseen.row_count(), accuracy);
}

}  // namespace

void add_ablation(CLI::App& app) {
  CLI::App* command = app.add_subcommand("ablation", "Compare all ways to choose formats, and what each remedy is worth");
  const auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "Float model (ONNX)")->required()->type_name("FILE");
  command->add_option("--copies", options->copies, "Disturbed copies of each test clip")->capture_default_str();
  command->add_option("--target", options->target, "Kernels that will run it: qmn, cmsis-nn-q7 or cmsis-nn-s8")->capture_default_str();
  command->add_option("--max-loss,--max_loss", options->max_loss, "Points of accuracy that may be lost before auto pays for more precision")->capture_default_str();
  command->add_option("--finetune_steps,--finetune-steps", options->finetune_steps, "Steps of the row that fine-tunes the result of auto; 0: no such row")->capture_default_str();
  options->calibration.add(*command);
  options->source.add(*command);
  options->seed.add(*command, "the choice of clips and the copies");
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { ablation(*options); });
}

}  // namespace qmn::cli
