// SPDX-License-Identifier: Apache-2.0
#include "data/clip_files.h"

#include "audio/wav.h"
#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <mutex>
#include <set>

namespace qmn {
namespace {

/// The files of `outcomes` that `is_one_of_them` and that no earlier call counted for this kind.
class CountedNotice {
 public:
  std::vector<const FileOutcome*> fresh(std::span<const FileOutcome> outcomes, const std::function<bool(const FileOutcome&)>& is_one_of_them) {
    const std::lock_guard lock(mutex_);
    std::vector<const FileOutcome*> found;
    for (const FileOutcome& outcome : outcomes) {
      if (is_one_of_them(outcome) && told_.insert(outcome.path).second) found.push_back(&outcome);
    }
    return found;
  }

 private:
  std::mutex mutex_;
  std::set<std::filesystem::path> told_;
};

const char* files(std::size_t count) { return count == 1 ? "file" : "files"; }

}  // namespace

std::int16_t to_pcm16(float sample) {
  return static_cast<std::int16_t>(std::clamp(std::floor(sample * 32768.0f + 0.5f), -32768.0f, 32767.0f));
}

ClipFile read_clip_file(const std::filesystem::path& path, int sample_rate_hz) {
  ClipFile file;
  file.outcome.path = path;
  try {
    const Audio audio = read_audio(path, sample_rate_hz);
    file.outcome.was_resampled = audio.was_resampled;
    file.outcome.was_downmixed = audio.was_downmixed;
    file.samples.resize(audio.samples.size());
    std::transform(audio.samples.begin(), audio.samples.end(), file.samples.begin(), to_pcm16);
  } catch (const Error& error) {
    std::string reason = error.what();
    const std::string prefix = path.string() + ": ";
    if (reason.starts_with(prefix)) reason.erase(0, prefix.size());
    file.outcome.error = reason;
  }
  return file;
}

void report_outcomes(std::span<const FileOutcome> clips, std::span<const FileOutcome> background, int sample_rate_hz, bool is_strict) {
  std::vector<FileOutcome> outcomes(clips.begin(), clips.end());
  outcomes.insert(outcomes.end(), background.begin(), background.end());
  if (is_strict) {
    for (const FileOutcome& outcome : outcomes) {
      const std::string name = outcome.path.string();
      if (outcome.is_broken()) fail_data("{}: {} (--strict)", name, outcome.error);
      if (outcome.was_resampled) fail_data("{}: its sample rate is not {} Hz, and --strict forbids to resample; convert it or leave out --strict", name, sample_rate_hz);
      if (outcome.was_downmixed) fail_data("{}: has several channels, and --strict forbids to mix them; convert it to mono or leave out --strict", name);
    }
  }
  if (!clips.empty() && std::all_of(clips.begin(), clips.end(), [](const FileOutcome& outcome) { return outcome.is_broken(); })) {
    fail_data("{}: {}; not one of the {} {} that are needed here can be read", clips[0].path.string(), clips[0].error, clips.size(), files(clips.size()));
  }

  static CountedNotice resampled, downmixed, broken;
  if (const auto found = resampled.fresh(outcomes, [](const FileOutcome& o) { return o.was_resampled; }); !found.empty()) {
    fmt::print(stderr, "note: {} {} resampled from other rates to {} Hz, {} first\n", found.size(), files(found.size()), sample_rate_hz, found[0]->path.string());
  }
  if (const auto found = downmixed.fresh(outcomes, [](const FileOutcome& o) { return o.was_downmixed; }); !found.empty()) {
    fmt::print(stderr, "note: {} {} with several channels mixed to mono, {} first\n", found.size(), files(found.size()), found[0]->path.string());
  }
  if (const auto found = broken.fresh(outcomes, [](const FileOutcome& o) { return o.is_broken(); }); !found.empty()) {
    fmt::print(stderr, "warning: {} broken {} skipped, {} first: {}\n", found.size(), files(found.size()), found[0]->path.string(), found[0]->error);
  }
}

}  // namespace qmn
