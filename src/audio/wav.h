// SPDX-License-Identifier: Apache-2.0
// audio/wav.h   Sound files in and out, through libsndfile; resampling through libsoxr.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

namespace qmn {

struct Audio {
  std::vector<float> samples;  ///< mono, [-1, 1)
  int sample_rate_hz = 16000;
  bool was_resampled = false;  ///< the file had another rate
  bool was_downmixed = false;  ///< the file had several channels (their mean is taken)
};

/// Reads a sound file as mono at `sample_rate_hz`. 16-bit samples at that rate come out as value/32768 exactly.
/// Error (data) when it is no sound file, is empty or truncated to nothing, or too long (over `max_seconds`).
Audio read_audio(const std::filesystem::path& path, int sample_rate_hz, double max_seconds = 3600);

/// 16-bit mono WAV, rounded to nearest and saturated; atomic.
void write_wav(const std::filesystem::path& path, std::span<const float> samples, int sample_rate_hz);

/// Resampled by libsoxr, high quality; rates may be fractional (for speed changes).
std::vector<float> resample(std::span<const float> samples, double from_rate, double to_rate);

}  // namespace qmn
