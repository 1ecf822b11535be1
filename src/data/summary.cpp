// SPDX-License-Identifier: Apache-2.0
#include "data/summary.h"

#include "audio/wav.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "data/clip_files.h"
#include "data/scan.h"

#include <algorithm>
#include <mutex>
#include <set>

namespace qmn {
namespace {

constexpr std::size_t kBrokenExamples = 5;

/// What one file turned out to be.
struct FileFacts {
  std::filesystem::path path;
  std::string error;  ///< path included; empty: it is sound
  int rate_hz = 0, channels = 0;
  std::int64_t sample_count = 0;  ///< at the wanted rate
  double seconds(int sample_rate_hz) const { return static_cast<double>(sample_count) / sample_rate_hz; }
};

FileFacts inspect(const std::filesystem::path& path, int sample_rate_hz) {
  FileFacts facts{.path = path, .error = {}};
  try {
    const Audio audio = read_audio(path, sample_rate_hz);
    facts.rate_hz = audio.source_rate_hz;
    facts.channels = audio.source_channels;
    facts.sample_count = std::ssize(audio.samples);
  } catch (const Error& error) {
    facts.error = error.what();
  }
  return facts;
}

std::vector<FileFacts> inspect_all(const DatasetScan& scan, int sample_rate_hz, bool is_quiet) {
  std::vector<std::filesystem::path> paths;
  for (const auto& [word, clips] : scan.words) {
    for (const ScannedClip& clip : clips) paths.push_back(clip.path);
  }
  paths.insert(paths.end(), scan.background.begin(), scan.background.end());
  std::vector<FileFacts> facts(paths.size());
  Progress progress("files read", paths.size(), is_quiet);
  std::mutex progress_mutex;
  std::uint64_t done = 0;
  parallel_for(paths.size(), [&](std::size_t i) {
    facts[i] = inspect(paths[i], sample_rate_hz);
    const std::lock_guard lock(progress_mutex);
    progress.update(++done);
  });
  return facts;
}

void check_strict(const std::vector<FileFacts>& facts, int sample_rate_hz) {
  std::vector<FileOutcome> outcomes;
  for (const FileFacts& file : facts) {
    if (!file.error.empty()) throw Error(ErrorKind::data, file.error + " (--strict)");
    outcomes.push_back({.path = file.path, .was_resampled = file.rate_hz != sample_rate_hz, .was_downmixed = file.channels != 1, .error = {}});
  }
  report_outcomes(outcomes, {}, sample_rate_hz, true);
}

void count_speakers(const DatasetScan& scan, DatasetSummary& summary) {
  std::map<std::string, std::set<Split>> splits;
  for (const auto& [word, clips] : scan.words) {
    for (const ScannedClip& clip : clips) splits[clip.speaker].insert(clip.split);
  }
  for (const auto& [speaker, found] : splits) {
    for (Split split : found) ++summary.speakers[static_cast<std::size_t>(split)];
    if (found.size() > 1) ++summary.shared_speaker_count;
  }
}

}  // namespace

DatasetSummary summarize(const DatasetSettings& settings, int sample_rate_hz, int clip_samples, bool is_quiet) {
  const DatasetScan scan = scan_dataset(settings);
  const std::vector<FileFacts> facts = inspect_all(scan, sample_rate_hz, is_quiet);
  if (settings.is_strict) check_strict(facts, sample_rate_hz);

  DatasetSummary summary;
  summary.has_split_lists = scan.has_split_lists;
  count_speakers(scan, summary);
  auto count_broken = [&summary](const FileFacts& file) {
    ++summary.broken_count;
    if (summary.broken_examples.size() < kBrokenExamples) summary.broken_examples.push_back(file.error);
  };

  std::size_t next = 0;
  std::int64_t sound_count = 0;
  for (const auto& [name, clips] : scan.words) {
    DatasetSummary::Word word{.name = name};
    word.is_wanted = std::find(settings.wanted_words.begin(), settings.wanted_words.end(), name) != settings.wanted_words.end();
    for (const ScannedClip& clip : clips) {
      ++word.clips[static_cast<std::size_t>(clip.split)];
      ++summary.clips[static_cast<std::size_t>(clip.split)];
      const FileFacts& file = facts[next++];
      if (!file.error.empty()) {
        ++word.broken_count;
        count_broken(file);
        continue;
      }
      ++summary.sample_rates[file.rate_hz];
      ++summary.channels[file.channels];
      if (file.sample_count < clip_samples) ++summary.shorter_count;
      if (file.sample_count > clip_samples) ++summary.longer_count;
      const double seconds = file.seconds(sample_rate_hz);
      summary.shortest_seconds = sound_count == 0 ? seconds : std::min(summary.shortest_seconds, seconds);
      summary.longest_seconds = std::max(summary.longest_seconds, seconds);
      summary.total_seconds += seconds;
      ++sound_count;
    }
    summary.words.push_back(std::move(word));
  }
  for (; next < facts.size(); ++next) {
    if (!facts[next].error.empty()) {
      count_broken(facts[next]);
      continue;
    }
    ++summary.background_count;
    summary.background_seconds += facts[next].seconds(sample_rate_hz);
  }
  for (const std::string& word : settings.wanted_words) {
    if (!scan.words.contains(word)) summary.missing_words.push_back(word);
  }
  return summary;
}

}  // namespace qmn
