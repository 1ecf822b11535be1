// SPDX-License-Identifier: Apache-2.0
#include "cli/tune_streams.h"

#include "audio/sound_reader.h"
#include "audio/wav.h"
#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/evaluation.h"
#include "data/clip_files.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

constexpr double kUsualMinutes = 60, kUnknownPercentage = 100;
const StreamSettings kUsual;

ScoredStream score(const ListeningNet& net, int interval_frames, std::span<const std::int16_t> samples, const std::vector<SpokenWord>& truth, const std::string& name, bool is_quiet) {
  const std::size_t runs = run_count_of(samples.size(), net.program.metadata.front_end, interval_frames);
  if (runs < 2) fail_data("{}: is too short for the network to run twice", name);
  Progress progress(name + ", runs of the network", runs, is_quiet);
  return score_stream(net.program, net.simulator, interval_frames, samples, truth, [&](std::size_t done) { progress.update(done); });
}

void write_stream(const std::string& folder, const std::string& name, const MadeStream& made, int rate) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_data("{}: cannot create: {}", folder, error.message());
  std::vector<float> reals(made.samples.size());
  std::ranges::transform(made.samples, reals.begin(), from_pcm16);
  write_wav(fs::path(folder) / (name + ".wav"), reals, rate);
  write_file_atomic(fs::path(folder) / (name + ".csv"), truth_text(made.truth));
}

/// From clips of a split.
ScoredStream from_split(const ListeningNet& net, const Dataset& dataset, Split split, int interval_frames, const StreamSettings& settings, const StreamOptions& options, bool is_quiet) {
  const FrontEndSettings& front_end = net.program.metadata.front_end;
  const MadeStream made = make_stream(dataset, split, front_end, settings);
  if (!options.written_folder.empty()) write_stream(options.written_folder, split_name(split), made, front_end.sample_rate_hz);
  return score(net, interval_frames, made.samples, made.truth, split_name(split), is_quiet);
}

void check_truth(const std::vector<SpokenWord>& truth, const std::string& name, const Program& program, bool is_quiet) {
  std::set<std::string> strangers;
  std::size_t known = 0;
  for (const SpokenWord& spoken : truth) {
    const bool is_known = std::ranges::find(program.metadata.labels, spoken.word) != program.metadata.labels.end();
    if (is_known) known += spoken.word.starts_with('_') ? 0 : 1;
    else strangers.insert(spoken.word);
  }
  if (known == 0) fail_data("{}: holds none of the words that the model knows ({})", name, fmt::join(program.metadata.labels, ", "));
  if (!strangers.empty() && !is_quiet) fmt::print(stderr, "note: {}: the model does not know {}: nothing has to be heard there\n", name, printable(fmt::format("{}", fmt::join(strangers, ", "))));
}

/// The user's own: its first half chooses, its second half reports.
TuneStreams from_recording(const ListeningNet& net, int interval_frames, const StreamOptions& options, bool is_quiet) {
  const int rate = net.program.metadata.front_end.sample_rate_hz;
  const std::vector<SpokenWord> truth = parse_truth(read_file(options.truth), options.truth);
  check_truth(truth, options.truth, net.program, is_quiet);
  SoundReader reader(options.audio, rate);
  std::vector<std::int16_t> samples;
  for (std::vector<float> part = reader.read(); !part.empty(); part = reader.read()) std::ranges::transform(part, std::back_inserter(samples), to_pcm16);
  const double seconds = static_cast<double>(samples.size()) / rate;
  if (truth.back().start > seconds) fail_data("{}: {} is said at {} s, but {} is only {:.2f} s long", options.truth, truth.back().word, truth.back().start, options.audio, seconds);
  const ScoredStream stream = score(net, interval_frames, samples, truth, options.audio, is_quiet);
  TuneStreams streams{.choosing = half_of(stream, false), .reporting = half_of(stream, true), .choosing_name = "first half", .reporting_name = "second half"};
  if (streams.choosing.truth.empty() || streams.reporting.truth.empty()) fail_data("{}: one half of {} holds none of the model's words; a longer recording is needed", options.truth, options.audio);
  return streams;
}

}  // namespace

void StreamOptions::add(CLI::App& command) {
  constexpr const char* kGroup = "The stream";
  command.add_option("--minutes", minutes, fmt::format("Length of each of the two streams made from the data set ({:g})", kUsualMinutes))->group(kGroup);
  command.add_option("--word_share,--word-share", word_share, fmt::format("Share of wanted words among their clips; the others are words that nobody wants ({:g})", kUsual.word_share))->group(kGroup);
  command.add_option("--noise_volume,--noise-volume", noise_volume, fmt::format("Largest volume of the noise behind them ({:g})", kUsual.noise_volume))->group(kGroup);
  command.add_option("--write_stream,--write-stream", written_folder, "Write them there: validation.wav, validation.csv, testing.wav, testing.csv")->type_name("DIR")->group(kGroup);
  command.add_option("--audio", audio, "A recording of your own instead: its first half chooses, its second half reports")->type_name("FILE")->group(kGroup);
  command.add_option("--truth", truth, "What is said in it: word,start,end a line, in seconds")->type_name("FILE")->group(kGroup);
  data.add(command);
  seed.add(command, "the streams");
}

TuneStreams tune_streams(const ListeningNet& net, const std::string& model_path, int interval_frames, const StreamOptions& options, bool is_quiet) {
  if (options.audio.empty() != options.truth.empty()) fail_usage("--audio and --truth go together: a recording, and what is said in it");
  if (!options.audio.empty()) {
    if (options.minutes || options.word_share || options.noise_volume || !options.written_folder.empty() || !options.data.folder.empty()) {
      fail_usage("--audio {}: takes no --data, --minutes, --word_share, --noise_volume or --write_stream, which are for streams made from a data set", options.audio);
    }
    return from_recording(net, interval_frames, options, is_quiet);
  }
  DataOptions data = options.data;
  if (!data.unknown_percentage) data.unknown_percentage = kUnknownPercentage;
  const Dataset dataset = dataset_for(net.model, data, model_path);
  const double minutes = options.minutes.value_or(kUsualMinutes);
  const StreamSettings settings{.seconds = 60 * minutes, .word_share = options.word_share.value_or(kUsual.word_share), .shortest_pause = kUsual.shortest_pause, .longest_pause = kUsual.longest_pause,
                                .noise_volume = options.noise_volume.value_or(kUsual.noise_volume), .seed = options.seed.seed};
  return {.choosing = from_split(net, dataset, Split::validation, interval_frames, settings, options, is_quiet),
          .reporting = from_split(net, dataset, Split::testing, interval_frames, settings, options, is_quiet),
          .choosing_name = fmt::format("validation, {:g} min", minutes),
          .reporting_name = fmt::format("testing, {:g} min", minutes)};
}

}  // namespace qmn::cli
