// SPDX-License-Identifier: Apache-2.0
// cli/data_command.cpp   qmn data synth, qmn data info
#include "cli/command.h"
#include "cli/common.h"
#include "data/synth.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>

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
  if (!(options.clip_duration_ms > 0 && options.clip_duration_ms < 1e6)) fail_usage("--clip_duration_ms {}: must be between 200 and 30000", options.clip_duration_ms);
  settings.clip_samples = static_cast<int>(std::lround(options.clip_duration_ms * settings.sample_rate_hz / 1000));
  settings.seed = options.seed.seed;
  settings.is_quiet = options.output.is_quiet;
  const auto start = std::chrono::steady_clock::now();
  const SynthResult result = synthesize_dataset(options.folder, settings);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (options.output.is_json) {
    print_json({{"folder", options.folder}, {"words", settings.words}, {"clips", result.clip_count}, {"voices", result.voice_count}, {"failed", result.failed_count}, {"seed", settings.seed}, {"seconds", seconds}});
    return;
  }
  fmt::print("{}: {} clips by {} voices in {:.0f} s, seed {}\n", options.folder, result.clip_count, result.voice_count, seconds, settings.seed);
  if (result.failed_count > 0) fmt::print("{} utterances were left out: the speech engine failed on them\n", result.failed_count);
}

void add_synth(CLI::App& data) {
  CLI::App* command = data.add_subcommand("synth", "Make a data set from text-to-speech voices (espeak-ng, flite)");
  auto options = std::make_shared<SynthOptions>();
  SynthSettings& settings = options->settings;
  command->add_option("DIR", options->folder, "Folder to make; it appears when it is complete and replaces only an earlier one of qmn data synth")->required();
  command->add_option("--words,--wanted_words", options->words, "Keywords, separated by commas; \"hey computer\" becomes the folder hey_computer")->required()->type_name("LIST");
  command->add_option("--unknown_words", options->unknown_words, "Other words, for the class _unknown_ (default: about thirty common ones)")->type_name("LIST");
  command->add_option("--clips_per_word", settings.clips_per_word, "Clips of each keyword")->capture_default_str();
  command->add_option("--clips_per_unknown_word", settings.clips_per_unknown_word, "Clips of each other word")->capture_default_str();
  command->add_option("--engines", options->engines, "Speech engines, separated by commas: espeak-ng, flite (default: all installed)")->type_name("LIST");
  command->add_option("--validation_percentage", settings.validation_percentage, "Clips, and voices, for validation")->capture_default_str();
  command->add_option("--testing_percentage", settings.testing_percentage, "Clips, and voices, for testing")->capture_default_str();
  command->add_option("--background_files", settings.background_files, "Recordings in _background_noise_: white, pink, brown, hum and babble, in turn")->capture_default_str();
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

}  // namespace

void add_data(CLI::App& app) {
  CLI::App* data = app.add_subcommand("data", "Make and inspect data sets of keywords");
  data->require_subcommand(1);
  data->footer(R"(Examples:
  qmn data synth words/ --words yes,no,up,down
  qmn data info words/)");
  add_synth(*data);
}

}  // namespace qmn::cli
