// SPDX-License-Identifier: Apache-2.0
// data/clip_files.h   Sound files as 16-bit PCM at the front end's rate, as the device would hear them, and what was wrong with each.
//
// A broken file is skipped, one of another rate or with several channels is converted. Each kind is told in one counted notice on standard error,
// which counts a file once in a process; under strict the first such file is an Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace qmn {

struct FileOutcome {
  std::filesystem::path path;
  bool was_resampled = false;
  bool was_downmixed = false;
  std::string error;  ///< why it is broken, without the path; empty: it is sound
  bool is_broken() const { return !error.empty(); }
};

struct ClipFile {
  FileOutcome outcome;
  std::vector<std::int16_t> samples;  ///< empty when broken
};

/// Never throws for a file's content: a broken one says so in its outcome.
ClipFile read_clip_file(const std::filesystem::path& path, int sample_rate_hz);

/// Prints the notices. Error (data): all clips are broken; under strict, any file is broken or was converted (the first is named).
void report_outcomes(std::span<const FileOutcome> clips, std::span<const FileOutcome> background, int sample_rate_hz, bool is_strict);

/// Nearest, ties up, saturated: the 16-bit sample of a real one.
std::int16_t to_pcm16(float sample);
inline float from_pcm16(std::int16_t sample) { return static_cast<float>(sample) / 32768.0f; }

}  // namespace qmn
