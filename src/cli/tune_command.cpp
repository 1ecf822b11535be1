// SPDX-License-Identifier: Apache-2.0
// cli/tune_command.cpp   qmn tune: recall over false accepts in long audio, and the settings for a target, stored in the model file.
#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/listening_net.h"
#include "cli/operating_point_options.h"
#include "cli/tune_streams.h"
#include "formats/onnx_format.h"
#include "report/table.h"
#include "stream/choose_point.h"
#include "stream/curve_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn tune kws.q.onnx --data words/                                chooses for 1 false accept an hour and stores that in kws.q.onnx
  qmn tune kws.q.onnx --data words/ --false_accepts_per_hour 0.5 -o tuned.q.onnx --plot curve.svg
  qmn tune kws.q.onnx --data words/ --dry_run --minutes 10 --write_stream streams/   only the curve; keeps the audio
  qmn tune kws.q.onnx --audio office.wav --truth office.csv        a recording of your own: word,start,end a line, in seconds

Clips of the validation split, one after the other with pauses, in noise, make the stream that chooses; those of the test split make the one
that the figures are of. A word is heard in time when it is heard from its start to --tolerance_ms behind its end; every other time, a second time
too, is a false accept, counted over the hours of the whole stream (docs/device.md has the definitions). The target is for all words together.
qmn listen and qmn export take what is stored as their defaults. Exit codes: 0 done, 1 wrong data, 2 wrong usage.)";

constexpr double kMostRate = 1000, kMostToleranceMs = 5000, kSmoothestMs = 1000;
constexpr double kRestsMs[] = {1500, 1000, 750, 500, 250};
constexpr double kRates[] = {0, 1, 2, 5, 10, 20};  // columns of the curve's table

struct Options {
  std::string model, output_path, plot;
  double false_accepts_per_hour = 1, tolerance_ms = 1000 * kUsualToleranceSeconds;
  bool is_dry = false;
  OperatingPointOptions point;
  StreamOptions stream;
  OutputOptions output;
};

void check(const Options& options) {
  if (!(options.false_accepts_per_hour >= 0 && options.false_accepts_per_hour <= kMostRate)) fail_usage("--false_accepts_per_hour {}: must be between 0 and {}", options.false_accepts_per_hour, kMostRate);
  if (!(options.tolerance_ms >= 0 && options.tolerance_ms <= kMostToleranceMs)) fail_usage("--tolerance_ms {}: must be between 0 and {}", options.tolerance_ms, kMostToleranceMs);
  if (!options.point.thresholds.empty()) fail_usage("--threshold {}: is what qmn tune chooses; qmn listen and qmn export take it", options.point.thresholds);
  if (options.is_dry && !options.output_path.empty()) fail_usage("--dry_run stores nothing, and -o {} says where to", options.output_path);
  std::error_code ignored;
  if (std::filesystem::is_directory(options.model, ignored)) fail_usage("{}: is a folder; qmn tune takes a model file, which qmn export then takes", options.model);
}

/// What is tried: the flags' values, else smoothing over up to a second and several rests.
PointSearch search_of(const Options& options, const OperatingPoint& given, const FrontEndSettings& front_end) {
  PointSearch search{.interval_frames = given.interval_frames, .smoothing_counts = {}, .rest_frames = {}, .false_accepts_per_hour = options.false_accepts_per_hour, .tolerance = options.tolerance_ms / 1000};
  const double frame_ms = milliseconds_per_frame(front_end);
  if (options.point.smoothing) search.smoothing_counts = {given.smoothing_count};
  else {
    const int most = std::clamp(static_cast<int>(kSmoothestMs / (frame_ms * given.interval_frames)), 1, OperatingPoint::kMostSmoothing);
    for (int count = 1; count <= most; count += std::max(1, count / 4)) search.smoothing_counts.push_back(count);
  }
  if (options.point.rest_ms) search.rest_frames = {given.rest_frames};
  else std::ranges::transform(kRestsMs, std::back_inserter(search.rest_frames), [&](double ms) { return static_cast<int>(std::lround(ms / frame_ms)); });
  return search;
}

/// All that a run found out.
struct Tuning {
  std::vector<std::size_t> words;  ///< classes that can be heard
  ChosenPoint chosen;
  std::vector<Tally> reported;            ///< [class] of the chosen point on the stream that reports
  std::vector<OperatingCurve> curves;     ///< of each word, on the stream that reports, under the chosen smoothing and rest
};

Tuning tune(const Options& options, const ListeningNet& net, const TuneStreams& streams, const OperatingPoint& given) {
  Tuning tuning;
  for (std::size_t i = 0; i < net.program.metadata.labels.size(); ++i) {
    if (!net.program.metadata.labels[i].starts_with('_')) tuning.words.push_back(i);
  }
  if (tuning.words.empty()) fail_data("{}: knows no word: each of its labels begins with _", options.model);
  const PointSearch search = search_of(options, given, net.program.metadata.front_end);
  Progress progress("settings", search.smoothing_counts.size() * search.rest_frames.size(), options.output.is_quiet);
  tuning.chosen = choose_point(streams.choosing, tuning.words, search, [&](std::size_t done) { progress.update(done); });
  const OperatingPoint& point = tuning.chosen.point;
  tuning.reported = tally(streams.reporting, decide(streams.reporting, point), search.tolerance);
  for (const std::size_t word : tuning.words) tuning.curves.push_back(operating_curve(streams.reporting, word, point.smoothing_count, point.rest_frames, search.tolerance));
  return tuning;
}

std::string percent(double share) { return fmt::format("{:.1f}", 100 * share); }

std::string curve_table(const Tuning& tuning, const Program& program, double hours) {
  std::vector<std::string> header{"word"};
  for (const double rate : kRates) header.push_back(fmt::format("{:g}/h", rate));
  Table table(header);
  for (std::size_t i = 0; i < tuning.words.size(); ++i) {
    std::vector<std::string> row{program.metadata.labels[tuning.words[i]]};
    for (const double rate : kRates) row.push_back(percent(recall_at(tuning.curves[i], rate, hours)));
    table.add_row(row);
  }
  return table.text();
}

std::string point_table(const Tuning& tuning, const Program& program, const TuneStreams& streams) {
  Table table({"word", "threshold", "spoken", "recall %", "false/h", "spoken in test", "recall % in test", "false/h in test"});
  const auto add = [&](const std::string& name, const std::string& threshold, const Tally& chosen, const Tally& reported) {
    table.add_row({name, threshold, std::to_string(chosen.spoken), percent(chosen.recall()), fmt::format("{:.2f}", chosen.false_accepts / streams.choosing.hours()), std::to_string(reported.spoken),
                   percent(reported.recall()), fmt::format("{:.2f}", reported.false_accepts / streams.reporting.hours())});
  };
  for (const std::size_t word : tuning.words) add(program.metadata.labels[word], fmt::format("{:.2f}", real_score(tuning.chosen.point.thresholds[word])), tuning.chosen.tallies[word], tuning.reported[word]);
  add("all", "", total(tuning.chosen.tallies), total(tuning.reported));
  return table.text();
}

nlohmann::json tally_json(const Tally& tally, double hours) {
  return {{"spoken", tally.spoken}, {"hits", tally.hits}, {"false_accepts", tally.false_accepts}, {"recall", tally.recall()}, {"false_accepts_per_hour", tally.false_accepts / hours}};
}

nlohmann::json tuning_json(const Options& options, const Tuning& tuning, const Program& program, const TuneStreams& streams) {
  nlohmann::json words = nlohmann::json::object();
  for (std::size_t i = 0; i < tuning.words.size(); ++i) {
    nlohmann::json curve = nlohmann::json::array();
    for (std::size_t t = 0; t < tuning.curves[i].size(); ++t) {
      curve.push_back({{"threshold", real_score(static_cast<int>(t) + 1)}, {"recall", tuning.curves[i][t].recall()}, {"false_accepts_per_hour", tuning.curves[i][t].false_accepts / streams.reporting.hours()}});
    }
    const std::size_t word = tuning.words[i];
    words[program.metadata.labels[word]] = {{"threshold", real_score(tuning.chosen.point.thresholds[word])}, {"chosen_on", tally_json(tuning.chosen.tallies[word], streams.choosing.hours())},
                                            {"test", tally_json(tuning.reported[word], streams.reporting.hours())}, {"curve", std::move(curve)}};
  }
  return {{"model", options.model}, {"stored", !options.is_dry}, {"point", operating_point_json(tuning.chosen.point, program)}, {"target_false_accepts_per_hour", options.false_accepts_per_hour},
          {"within_target", tuning.chosen.is_within_target}, {"hours", streams.reporting.hours()}, {"chosen_on", tally_json(total(tuning.chosen.tallies), streams.choosing.hours())},
          {"test", tally_json(total(tuning.reported), streams.reporting.hours())}, {"words", words}};
}

void print_text(const Options& options, const Tuning& tuning, const Program& program, const TuneStreams& streams) {
  fmt::print("recall in % at so many false accepts an hour, each word alone ({}):\n{}\n", streams.reporting_name, curve_table(tuning, program, streams.reporting.hours()));
  fmt::print("chosen on {}, for {:g} false accepts an hour: {}\n", streams.choosing_name, options.false_accepts_per_hour, operating_point_text(tuning.chosen.point, program));
  fmt::print("{}", point_table(tuning, program, streams));
  if (!tuning.chosen.is_within_target) fmt::print("no settings come down to {:g} false accepts an hour: these have the fewest\n", options.false_accepts_per_hour);
  else if (options.false_accepts_per_hour * streams.choosing.hours() < 1 && options.false_accepts_per_hour > 0) {
    fmt::print("in {:.2g} hours the target allows no false accept at all: a longer stream tells more (--minutes)\n", streams.choosing.hours());
  }
}

void store(const Options& options, const Tuning& tuning, const Program& program, const TuneStreams& streams) {
  Model model = read_model(options.model);
  model.metadata.operating_point = tuning.chosen.point;
  const Tally test = total(tuning.reported);
  model.metadata.notes["tune"] = fmt::format("{}; for {:g} false accepts an hour on {}; recall {} % at {:.2f} an hour on {}", operating_point_text(tuning.chosen.point, program), options.false_accepts_per_hour,
                                             streams.choosing_name, percent(test.recall()), test.false_accepts / streams.reporting.hours(), streams.reporting_name);
  write_model(model, options.output_path.empty() ? options.model : options.output_path);
}

void run_tune(const Options& options) {
  check(options);
  const ListeningNet net = open_listening_net(options.model);
  const OperatingPoint given = options.point.resolve(net.program);
  const TuneStreams streams = tune_streams(net, options.model, given.interval_frames, options.stream, options.output.is_quiet);
  const Tuning tuning = tune(options, net, streams, given);
  if (!options.plot.empty()) {
    std::vector<NamedCurve> curves;
    for (std::size_t i = 0; i < tuning.words.size(); ++i) {
      curves.push_back({.name = net.program.metadata.labels[tuning.words[i]], .curve = tuning.curves[i], .threshold = tuning.chosen.point.thresholds[tuning.words[i]]});
    }
    write_file_atomic(options.plot, curves_svg(curves, streams.reporting.hours(), std::max(20.0, 5 * options.false_accepts_per_hour), fmt::format("{}: recall of each word alone ({})", options.model, streams.reporting_name)));
  }
  if (!options.is_dry) store(options, tuning, net.program, streams);
  if (options.output.is_json) return print_json(tuning_json(options, tuning, net.program, streams));
  print_text(options, tuning, net.program, streams);
  if (!options.is_dry) fmt::print("stored in {}: the defaults of qmn listen and qmn export\n", options.output_path.empty() ? options.model : options.output_path);
}

}  // namespace

void add_tune(CLI::App& app) {
  CLI::App* command = app.add_subcommand("tune", "Choose when a word counts as heard, for so many false accepts an hour");
  const auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "Quantized model (qmn quantize)")->required()->type_name("FILE");
  command->add_option("-o,--output", options->output_path, "Where to store the settings (default: in the model itself)")->type_name("FILE");
  command->add_option("--false_accepts_per_hour,--false-accepts-per-hour", options->false_accepts_per_hour, "At most so many, of all words together")->capture_default_str();
  command->add_option("--tolerance_ms,--tolerance-ms", options->tolerance_ms, "How long behind its end a word may still be heard")->capture_default_str();
  command->add_option("--plot", options->plot, "Write the curves as an SVG picture")->type_name("FILE");
  command->add_flag("--dry_run,--dry-run", options->is_dry, "Store nothing");
  options->point.add(*command);
  options->stream.add(*command);
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { run_tune(*options); });
}

}  // namespace qmn::cli
