// SPDX-License-Identifier: Apache-2.0
// cli/run_command.cpp   qmn run: an exported folder on its board, clip by clip, compared with the simulator byte for byte.
#include "base/error.h"
#include "board/board.h"
#include "board/first_difference.h"
#include "cli/cmsis_nn_options.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/evaluation.h"
#include "cli/firmware_folder.h"
#include "cli/form_table.h"
#include "cli/run_inputs.h"
#include "import/import.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "quantize/metrics.h"
#include "report/table.h"
#include "simulate/simulate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn run firmware/ yes.wav no.wav
  qmn run firmware/ --data words/ --split testing --limit 100
  qmn run firmware/ cat.png dog.png        a net of pictures
  qmn run firmware/ --board host yes.wav   the same C, compiled for this machine
  qmn run firmware/ yes.wav --trace        names the first tensor that differs from the simulator's, if one ever does
The exit code is 1 when an output, a traced tensor or the self-test differs.)";

struct Options {
  std::string folder;
  std::vector<std::string> clips;
  std::string board, split = "testing";
  std::int64_t limit = 100;
  bool traces = false, shows_logits = false;
  SourceOptions source;
  CmsisNnOptions cmsis_nn;
  OutputOptions output;
};

/// The board's outputs of one clip, with the simulator's.
struct Outcome {
  std::vector<std::int32_t> logits, scores;  ///< the board's, raw
  std::vector<std::int32_t> host_logits;
  bool is_equal = false;     ///< features, logits and scores
  std::vector<std::size_t> order;  ///< classes by logit, the largest first; of equals the first
};

/// Outcomes of the inputs first, first + 1, …
std::vector<Outcome> outcomes_of(const Program& program, const Simulator& simulator, const RunInputs& clips, std::size_t first, const BoardRun& part) {
  const QFormat logits = program.tensor(program.logits).format, scores = program.tensor(program.output).format;
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < part.logits.size(); ++i) {
    const Simulator::Result host = simulator.run(clips.inputs[first + i], 1);
    Outcome outcome;
    outcome.logits = raw_values(part.logits[i], logits);
    outcome.scores = raw_values(part.scores[i], scores);
    outcome.host_logits = raw_values(host.logits, logits);
    outcome.is_equal = part.logits[i] == host.logits && part.scores[i] == host.scores && (part.features.empty() || part.features[i] == clips.inputs[first + i]);
    outcome.order.resize(outcome.logits.size());
    std::iota(outcome.order.begin(), outcome.order.end(), std::size_t{0});
    std::stable_sort(outcome.order.begin(), outcome.order.end(), [&](std::size_t a, std::size_t b) { return outcome.logits[a] > outcome.logits[b]; });
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

/// Outputs that are values have no labels, and no order.
bool are_values(const Program& program) { return program.metadata.outputs == OutputKind::values; }

std::string label_text(const Program& program, std::size_t index) {
  if (are_values(program)) return "";
  return index < program.metadata.labels.size() ? program.metadata.labels[index] : fmt::format("class {}", index);
}

std::string top_logits(const Program& program, const Outcome& outcome) {
  std::vector<std::string> parts;
  if (are_values(program)) {
    for (std::size_t i = 0; i < std::min<std::size_t>(6, outcome.logits.size()); ++i) parts.push_back(fmt::format("{}", outcome.logits[i]));
    return fmt::format("{}{}", fmt::join(parts, " "), outcome.logits.size() > parts.size() ? " …" : "");
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(3, outcome.order.size()); ++i) {
    parts.push_back(fmt::format("{} {}", label_text(program, outcome.order[i]), outcome.logits[outcome.order[i]]));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

double score_of(const Program& program, const Outcome& outcome) {
  return dequantize(outcome.scores[outcome.order[0]], program.tensor(program.output).format);
}

/// Prints a row for each clip as soon as the board has answered.
class OutcomeRows {
 public:
  OutcomeRows(const Program& program, const RunInputs& clips, bool shows_logits)
      : program_(program), clips_(clips), shows_logits_(shows_logits), table_(header(), widths()) {}

  void print_row(std::size_t clip, const Outcome& outcome) const {
    if (clip == 0) print(table_.header_text());
    std::vector<std::string> row{clips_.names[clip], label_text(program_, outcome.order[0]), outcome.scores.empty() ? "-" : fmt::format("{:.2f}", score_of(program_, outcome)),
                                 outcome.is_equal ? "yes" : "NO", top_logits(program_, outcome)};
    if (has_labels()) row.insert(row.begin() + 1, label_text(program_, static_cast<std::size_t>(clips_.expected[clip])));
    print(table_.row_text(row));
    if (shows_logits_) print(fmt::format("  logits {}\n", fmt::join(outcome.logits, " ")));
    if (shows_logits_ && !outcome.is_equal) print(fmt::format("  simulator {}\n", fmt::join(outcome.host_logits, " ")));
  }

 private:
  static void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }
  static std::size_t widest(const std::vector<std::string>& texts) {
    constexpr std::size_t kMost = 48;
    std::size_t width = 0;
    for (const std::string& text : texts) width = std::max(width, text_width(text));
    return std::min(width, kMost);
  }
  std::vector<std::size_t> widths() const {
    const std::size_t label = widest(program_.metadata.labels);
    return has_labels() ? std::vector{widest(clips_.names), label, label} : std::vector{widest(clips_.names), label};
  }
  bool has_labels() const { return !clips_.expected.empty(); }
  std::vector<std::string> header() const {
    std::vector<std::string> header{"clip", "label", "score", "equal", are_values(program_) ? "outputs (raw)" : "top logits (raw)"};
    if (has_labels()) header.insert(header.begin() + 1, "expected");
    return header;
  }

  const Program& program_;
  const RunInputs& clips_;
  bool shows_logits_;
  StreamedTable table_;
};

/// The first clip and tensor that differ.
struct TraceDifference {
  std::size_t clip = 0;
  TensorDifference tensor;
};

std::optional<TraceDifference> compare_traces(const Program& program, const Simulator& simulator, const RunInputs& clips, const BoardRun& traced) {
  for (std::size_t i = 0; i < clips.inputs.size(); ++i) {
    if (auto difference = first_difference(program, simulator.trace(clips.inputs[i]), traced.traces[i])) return TraceDifference{i, std::move(*difference)};
  }
  return std::nullopt;
}

std::string trace_text(const Program& program, const RunInputs& clips, const std::optional<TraceDifference>& difference) {
  if (!difference) return fmt::format("trace: all {} tensors of {} clips equal the simulator's, byte for byte", program.tensors.size(), clips.inputs.size());
  const TensorDifference& tensor = difference->tensor;
  const std::string where = fmt::format("trace: {}: the first tensor that differs is {} (number {}), written by {}", clips.names[difference->clip], tensor.tensor_name, tensor.tensor, tensor.kernel);
  if (tensor.is_missing) return where + ": the board has none of that size; export the folder again";
  return fmt::format("{}: at y {}, x {}, channel {} the host has {}, the board {}", where, tensor.y, tensor.x, tensor.channel, tensor.host, tensor.board);
}

nlohmann::json trace_json(const RunInputs& clips, const std::optional<TraceDifference>& difference) {
  if (!difference) return {{"equal", true}};
  const TensorDifference& tensor = difference->tensor;
  nlohmann::json json{{"equal", false}, {"clip", clips.names[difference->clip]}, {"tensor", tensor.tensor_name}, {"number", tensor.tensor}, {"written_by", tensor.kernel}};
  if (!tensor.is_missing) json.update({{"y", tensor.y}, {"x", tensor.x}, {"channel", tensor.channel}, {"host", tensor.host}, {"board", tensor.board}});
  return json;
}

/// Clips whose label each form of the model got right.
struct Hits {
  std::size_t in_float = 0, in_integers = 0, on_board = 0;
};

Hits count_hits(const RunInputs& clips, const std::vector<Outcome>& outcomes) {
  const std::vector<int> in_float = top1(clips.float_outputs, outcomes.at(0).logits.size());
  Hits hits;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto expected = static_cast<std::size_t>(clips.expected[i]);
    const std::vector<std::int32_t>& host = outcomes[i].host_logits;
    hits.in_float += static_cast<std::size_t>(in_float[i]) == expected ? 1 : 0;
    hits.in_integers += static_cast<std::size_t>(std::max_element(host.begin(), host.end()) - host.begin()) == expected ? 1 : 0;
    hits.on_board += outcomes[i].order[0] == expected ? 1 : 0;
  }
  return hits;
}

std::string hits_table(const Hits& hits, std::size_t clip_count, const std::string& board) {
  Table table({"accuracy", "right", "of", "%"});
  const auto add = [&](const std::string& form, std::size_t count) {
    table.add_row({form, fmt::format("{}", count), fmt::format("{}", clip_count), fmt::format("{:.2f}", 100.0 * static_cast<double>(count) / static_cast<double>(clip_count))});
  };
  add("float", hits.in_float);
  add("integer (simulator)", hits.in_integers);
  add(fmt::format("board ({})", board), hits.on_board);
  return table.text();
}

/// All that a run found out.
struct Report {
  std::string board;
  BuiltFirmware firmware;
  BoardRun run;
  std::int64_t arena_bytes = 0;
  RunInputs clips;
  std::vector<Outcome> outcomes;
  std::size_t equal_count = 0;
  std::optional<Hits> hits;  ///< where labels are known
  std::unique_ptr<FormTable> forms{};  ///< of outputs that are values, over examples of a data set: float, simulator, board
  bool is_traced = false;
  std::optional<TraceDifference> difference;
  bool is_faultless() const { return equal_count == outcomes.size() && run.selftest_mismatches == 0 && !difference; }
};

std::unique_ptr<FormTable> compare_forms(const Program& program, const Report& report) {
  std::unique_ptr<FormTable> forms = FormTable::of(report.clips.rows, {});
  const QFormat format = program.tensor(program.logits).format;
  std::vector<float> host, board;
  for (const Outcome& outcome : report.outcomes) {
    for (const std::int32_t raw : outcome.host_logits) host.push_back(static_cast<float>(dequantize(raw, format)));
    for (const std::int32_t raw : outcome.logits) board.push_back(static_cast<float>(dequantize(raw, format)));
  }
  forms->add("float", report.clips.float_outputs);
  forms->add("integer (simulator)", std::move(host));
  forms->add(fmt::format("board ({})", report.board), std::move(board));
  return forms;
}

void print_device_figures(const Report& report) {
  if (report.run.instructions_per_inference == 0) return;  // the host counts nothing
  const FirmwareSize& size = report.firmware.size;
  fmt::print("{} executed instructions an inference on {}\n", report.run.instructions_per_inference, report.board);
  if (report.run.instructions_per_frame != 0) fmt::print("{} executed instructions a frame of features\n", report.run.instructions_per_frame);
  const bool has_front_end = size.front_end_flash_bytes != 0;
  fmt::print("flash: {} bytes, of them the network {}{}\n", size.flash_bytes, size.network_flash_bytes,
             has_front_end ? fmt::format(", the front end {}", size.front_end_flash_bytes) : "");
  fmt::print("RAM: {} bytes of arena{} + {} of other statics + {} of stack (painted)\n", report.arena_bytes,
             has_front_end ? fmt::format(" + {} of the front end", size.front_end_ram_bytes) : "", size.ram_bytes - report.arena_bytes - size.front_end_ram_bytes,
             report.run.stack_bytes);
}

void print_report(const Program& program, const Report& report) {
  fmt::print("\n");
  fmt::print("{} of {} clips: {}logits{} equal the simulator's, byte for byte\n", report.equal_count, report.outcomes.size(),
             report.clips.samples.empty() ? "" : "features, ", program.output != program.logits ? " and scores" : "");
  fmt::print("self-test on {}: {}\n", report.board, report.run.selftest_mismatches == 0 ? "PASS" : fmt::format("FAIL, {} values differ from the known answers", report.run.selftest_mismatches));
  if (report.is_traced) fmt::print("{}\n", trace_text(program, report.clips, report.difference));
  print_device_figures(report);
  if (report.hits) fmt::print("\n{}", hits_table(*report.hits, report.outcomes.size(), report.board));
  if (report.forms) fmt::print("\n{}", report.forms->table());
}

void print_report_json(const Options& options, const Program& program, const Report& report) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
    const Outcome& outcome = report.outcomes[i];
    nlohmann::json row{{"clip", report.clips.names[i]}, {"label", label_text(program, outcome.order[0])}, {"equal", outcome.is_equal}, {"logits", outcome.logits}};
    if (!outcome.scores.empty()) row["score"] = score_of(program, outcome);
    if (!outcome.is_equal) row["simulator_logits"] = outcome.host_logits;
    if (!report.clips.expected.empty()) row["expected"] = label_text(program, static_cast<std::size_t>(report.clips.expected[i]));
    rows.push_back(std::move(row));
  }
  nlohmann::json json{{"folder", options.folder}, {"board", report.board}, {"clips", std::move(rows)}, {"equal", report.equal_count}, {"selftest_mismatches", report.run.selftest_mismatches}};
  if (report.hits) json["hits"] = {{"float", report.hits->in_float}, {"integer", report.hits->in_integers}, {"board", report.hits->on_board}};
  if (report.forms) json["values"] = {{"float", report.forms->json(0)}, {"integer", report.forms->json(1)}, {"board", report.forms->json(2)}};
  if (report.is_traced) json["trace"] = trace_json(report.clips, report.difference);
  if (report.run.instructions_per_inference != 0) {
    const FirmwareSize& size = report.firmware.size;
    json.update({{"instructions_per_inference", report.run.instructions_per_inference}, {"flash_bytes", size.flash_bytes}, {"network_flash_bytes", size.network_flash_bytes},
                 {"static_ram_bytes", size.ram_bytes}, {"arena_bytes", report.arena_bytes}, {"stack_bytes", report.run.stack_bytes}, {"instructions_per_frame", report.run.instructions_per_frame},
                 {"front_end_flash_bytes", size.front_end_flash_bytes}, {"front_end_ram_bytes", size.front_end_ram_bytes}});
  }
  print_json(json);
}

std::string board_of(const Options& options, const Manifest& manifest) {
  if (!options.board.empty()) return options.board;
  if (manifest.board == "none") fail_usage("{}: was exported for a board of your own; --board host runs the same C on this machine", options.folder);
  return manifest.board;
}

void run(const Options& options) {
  const Manifest manifest = read_manifest(options.folder);
  Report report;
  report.board = board_of(options, manifest);
  const CmsisNn cmsis_nn = cmsis_nn_for(options.cmsis_nn, manifest, options.folder);
  Model model = import_model(fs::path(options.folder) / kModelName);
  const Program program = lower(model);
  const Simulator simulator(program, plan_memory(program, variant_of(manifest, options.folder)));
  if (options.limit < 0) fail_usage("--limit {}: must be 0 (all) or above", options.limit);
  const bool is_quiet = options.output.is_quiet;
  report.clips = options.clips.empty() ? inputs_of_source(model, options.source, split_of(options.split, "--split"), options.limit, options.folder, program, simulator, is_quiet)
                                       : inputs_of_files(options.clips, model, options.source, program, simulator, is_quiet);
  const bool is_fed_samples = !report.clips.samples.empty();
  const std::vector<TensorBytes>& fed = is_fed_samples ? report.clips.samples : report.clips.inputs;
  const InputKind kind = is_fed_samples ? InputKind::clips : InputKind::raw;

  report.firmware = build_firmware(options.folder, report.board, cmsis_nn);
  std::optional<OutcomeRows> rows;
  if (!options.output.is_json) rows.emplace(program, report.clips, options.shows_logits);
  const RunObserver observe = [&](std::size_t first, const BoardRun& part) {
    for (Outcome& outcome : outcomes_of(program, simulator, report.clips, first, part)) {
      if (rows) rows->print_row(report.outcomes.size(), outcome);
      report.outcomes.push_back(std::move(outcome));
    }
  };
  report.run = run_firmware(report.firmware, report.board, fed, false, std::chrono::milliseconds{0}, observe, kind);
  report.arena_bytes = manifest.arena_bytes;
  report.equal_count = static_cast<std::size_t>(std::count_if(report.outcomes.begin(), report.outcomes.end(), [](const Outcome& outcome) { return outcome.is_equal; }));
  if (!report.clips.expected.empty()) report.hits = count_hits(report.clips, report.outcomes);
  if (report.clips.rows.outputs == OutputKind::values) report.forms = compare_forms(program, report);
  if (options.traces) {
    report.is_traced = true;
    report.difference = compare_traces(program, simulator, report.clips, run_firmware(report.firmware, report.board, fed, true, std::chrono::milliseconds{0}, {}, kind));
  }

  if (options.output.is_json) print_report_json(options, program, report);
  else print_report(program, report);
  if (!report.is_faultless()) throw ExitRequest{static_cast<int>(ErrorKind::data)};
}

}  // namespace

void add_run(CLI::App& app) {
  CLI::App* command = app.add_subcommand("run", "Run exported firmware on its emulated board and compare it with the simulator");
  const auto options = std::make_shared<Options>();
  command->add_option("folder", options->folder, "Folder of qmn export")->required()->type_name("DIR");
  command->add_option("clips", options->clips, "Sound files, or arrays and pictures for nets that take these; without any, examples of the data set")->type_name("CLIP ...");
  command->add_option("--board", options->board, "A board, or host (default: the board that the folder was exported for)");
  command->add_option("--split", options->split, "Clips of the data set: training, validation or testing")->capture_default_str();
  command->add_option("--limit", options->limit, "At most that many clips of the data set, spread evenly; 0: all")->capture_default_str();
  command->add_flag("--trace", options->traces, "Compare every tensor of every clip and name the first that differs");
  command->add_flag("--show_logits,--show-logits", options->shows_logits, "Print all logits of every clip");
  options->source.add(*command);
  options->cmsis_nn.add(*command);
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { run(*options); });
}

}  // namespace qmn::cli
