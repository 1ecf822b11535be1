// SPDX-License-Identifier: Apache-2.0
// cli/data_command.cpp   qmn data synth, qmn data info; qmn data get is data_get_command.cpp
#include "cli/command.h"
#include "cli/common.h"
#include "cli/data_get_command.h"
#include "data/summary.h"
#include "data/synth.h"
#include "report/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>

namespace qmn::cli {
namespace {

struct SynthOptions {
  std::string folder, words, unknown_words, engines;
  SynthSettings settings;
  double clip_duration_ms = 1000;
  SeedOption seed;
  OutputOptions output;
};

void run_synth(const SynthOptions& options) {
  SynthSettings settings = options.settings;
  settings.words = split_list(options.words, "--words");
  if (!options.unknown_words.empty()) settings.unknown_words = split_list(options.unknown_words, "--unknown_words");
  if (!options.engines.empty()) settings.engines = split_list(options.engines, "--engines");
  if (!(options.clip_duration_ms > 0 && options.clip_duration_ms < 1e6))
    fail_usage("--clip_duration_ms {}: must be between 200 and 30000", options.clip_duration_ms);
  settings.clip_samples = static_cast<int>(std::lround(options.clip_duration_ms * settings.sample_rate_hz / 1000));
  settings.seed = options.seed.seed;
  settings.is_quiet = options.output.is_quiet;
  const auto start = std::chrono::steady_clock::now();
  const SynthResult result = synthesize_dataset(options.folder, settings);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (options.output.is_json) {
    print_json({{"folder", options.folder},
                {"words", settings.words},
                {"clips", result.clip_count},
                {"voices", result.voice_count},
                {"failed", result.failed_count},
                {"seed", settings.seed},
                {"seconds", seconds}});
    return;
  }
  fmt::print("{}: {} clips by {} voices in {:.0f} s, seed {}\n", options.folder, result.clip_count, result.voice_count, seconds,
             settings.seed);
  if (result.failed_count > 0) fmt::print("{} utterances were left out: the speech engine failed on them\n", result.failed_count);
}

void add_data_synth(CLI::App& data) {
  CLI::App* command = data.add_subcommand("synth", "Make a data set from text-to-speech voices (espeak-ng, flite)");
  auto options = std::make_shared<SynthOptions>();
  SynthSettings& settings = options->settings;
  command
      ->add_option("DIR", options->folder,
                   "Folder to make; it appears when it is complete and replaces only an earlier one of qmn data synth")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--words,--wanted_words", options->words,
                   "Keywords, separated by commas; \"hey computer\" becomes the folder hey_computer")
      ->required()
      ->type_name("LIST");
  command->add_option("--unknown_words", options->unknown_words, "Other words, for the class _unknown_ (default: about thirty common ones)")
      ->type_name("LIST");
  command->add_option("--clips_per_word", settings.clips_per_word, "Clips of each keyword")->capture_default_str();
  command->add_option("--clips_per_unknown_word", settings.clips_per_unknown_word, "Clips of each other word")->capture_default_str();
  command->add_option("--engines", options->engines, "Speech engines, separated by commas: espeak-ng, flite (default: all installed)")
      ->type_name("LIST");
  command->add_option("--validation_percentage", settings.validation_percentage, "Clips, and voices, for validation")
      ->capture_default_str();
  command->add_option("--testing_percentage", settings.testing_percentage, "Clips, and voices, for testing")->capture_default_str();
  command
      ->add_option("--background_files", settings.background_files,
                   "Recordings in _background_noise_: white, pink, brown, hum and babble, in turn")
      ->capture_default_str();
  command->add_option("--background_seconds", settings.background_seconds, "Length of each of them")->capture_default_str();
  command->add_option("--sample_rate", settings.sample_rate_hz, "Samples a second")->capture_default_str();
  command->add_option("--clip_duration_ms", options->clip_duration_ms, "Length of a clip in ms")->capture_default_str();
  options->seed.add(*command, "voices, speeds, pitches, rooms and noise");
  options->output.add(*command);
  command->footer(R"(No voice is heard in two splits. The same seed and engine versions give the same files.

Examples:
  qmn data synth words/ --words yes,no,up,down
  qmn data synth words/ --words "hey computer,stop" --clips_per_word 500 --seed 7
  qmn data synth words/ --words on,off --unknown_words in,of,an --engines flite)");
  command->callback([options] { run_synth(*options); });
}

struct InfoOptions {
  std::string folder;
  DataOptions data;
  FrontEndOptions front_end;
  OutputOptions output;
};

std::int64_t sum(const SplitCounts& counts) { return std::accumulate(counts.begin(), counts.end(), std::int64_t{0}); }

nlohmann::json by_split(const SplitCounts& counts) {
  nlohmann::json object;
  for (std::size_t split = 0; split < counts.size(); ++split) object[split_name(static_cast<Split>(split))] = counts[split];
  return object;
}

nlohmann::json info_json(const std::string& folder, const DatasetSummary& summary) {
  nlohmann::json words = nlohmann::json::array();
  for (const DatasetSummary::Word& word : summary.words) {
    words.push_back({{"name", word.name}, {"is_wanted", word.is_wanted}, {"clips", by_split(word.clips)}, {"broken", word.broken_count}});
  }
  nlohmann::json rates = nlohmann::json::object(), channels = nlohmann::json::object();
  for (const auto& [rate, count] : summary.sample_rates) rates[std::to_string(rate)] = count;
  for (const auto& [channel_count, count] : summary.channels) channels[std::to_string(channel_count)] = count;
  return {{"folder", folder},
          {"words", words},
          {"missing_words", summary.missing_words},
          {"clips", by_split(summary.clips)},
          {"speakers", by_split(summary.speakers)},
          {"shared_speakers", summary.shared_speaker_count},
          {"split_by", summary.has_split_lists ? "lists" : "hash"},
          {"sample_rates_hz", rates},
          {"channels", channels},
          {"seconds", {{"shortest", summary.shortest_seconds}, {"longest", summary.longest_seconds}, {"total", summary.total_seconds}}},
          {"shorter_than_clip", summary.shorter_count},
          {"longer_than_clip", summary.longer_count},
          {"broken", summary.broken_count},
          {"broken_examples", summary.broken_examples},
          {"background", {{"files", summary.background_count}, {"seconds", summary.background_seconds}}}};
}

/// "16000 Hz (30), 8000 Hz (2)"
std::string counted(const std::map<int, std::int64_t>& counts, const char* unit) {
  std::vector<std::string> parts;
  for (const auto& [value, count] : counts) parts.push_back(fmt::format("{} {} ({})", value, unit, count));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void print_info(const std::string& folder, const DatasetSummary& summary, double clip_ms) {
  Table table({"word", "training", "validation", "testing", "clips", "broken"});
  auto add_row = [&](const std::string& name, const SplitCounts& counts, const std::string& broken) {
    table.add_row(
        {name, std::to_string(counts[0]), std::to_string(counts[1]), std::to_string(counts[2]), std::to_string(sum(counts)), broken});
  };
  std::int64_t broken_clips = 0;
  for (const DatasetSummary::Word& word : summary.words) {
    broken_clips += word.broken_count;
    add_row(word.name, word.clips, word.broken_count > 0 ? std::to_string(word.broken_count) : "-");
  }
  add_row("all", summary.clips, broken_clips > 0 ? std::to_string(broken_clips) : "-");
  add_row("speakers", summary.speakers, "");
  fmt::print("{}\n\n{}\n", folder, table.text());
  fmt::print("splits       by {}{}\n", summary.has_split_lists ? "validation_list.txt and testing_list.txt" : "the SHA-1 of the speaker",
             summary.shared_speaker_count > 0 ? fmt::format("; {} speakers are in more than one split", summary.shared_speaker_count) : "");
  if (!summary.sample_rates.empty()) {
    fmt::print("sound        {}; {}\n", counted(summary.sample_rates, "Hz"), counted(summary.channels, "channel"));
    fmt::print("lengths      {:.2f} to {:.2f} s, {:.1f} min in all; {} shorter and {} longer than {:g} ms\n", summary.shortest_seconds,
               summary.longest_seconds, summary.total_seconds / 60, summary.shorter_count, summary.longer_count, clip_ms);
  }
  fmt::print("background   {} files, {:.1f} s\n", summary.background_count, summary.background_seconds);
  if (!summary.missing_words.empty()) fmt::print("missing      {}\n", fmt::join(summary.missing_words, ", "));
  if (summary.broken_count > 0) {
    fmt::print("broken       {} files, such as\n", summary.broken_count);
    for (const std::string& example : summary.broken_examples) fmt::print("             {}\n", example);
  }
}

void run_info(const InfoOptions& options) {
  DataOptions data = options.data;
  if (!options.folder.empty()) data.folder = options.folder;
  DatasetSettings settings = data.resolve();
  if (!data.words) settings.wanted_words.clear();
  const FrontEndSettings front_end = options.front_end.resolve();
  const DatasetSummary summary = summarize(settings, front_end.sample_rate_hz, front_end.clip_samples, options.output.is_quiet);
  if (options.output.is_json)
    print_json(info_json(settings.folder.string(), summary));
  else
    print_info(settings.folder.string(), summary, 1000.0 * front_end.clip_samples / front_end.sample_rate_hz);
}

void add_data_info(CLI::App& data) {
  CLI::App* command =
      data.add_subcommand("info", "Count the words, splits, speakers, sample rates, lengths and broken files of a data set");
  auto options = std::make_shared<InfoOptions>();
  command->add_option("DIR", options->folder, "Folder in the Speech Commands layout (the same as --data)")->type_name("DIR");
  options->data.add(*command);
  options->front_end.add(*command);
  options->output.add(*command);
  command->footer(
      R"(Every file is read. Broken ones are counted; with --strict the first that is broken, stereo or of another rate ends it with exit code 1.

Examples:
  qmn data info words/
  qmn data info words/ --words yes,no --strict
  qmn data info words/ --json)");
  command->callback([options] { run_info(*options); });
}

}  // namespace

void add_data(CLI::App& app) {
  CLI::App* data = app.add_subcommand("data", "Make, download and inspect data sets of keywords");
  data->require_subcommand(1);
  data->footer(R"(Examples:
  qmn data synth words/ --words yes,no,up,down
  qmn data get speech-commands speech_commands/
  qmn data info words/)");
  add_data_get(*data);
  add_data_synth(*data);
  add_data_info(*data);
}

}  // namespace qmn::cli
