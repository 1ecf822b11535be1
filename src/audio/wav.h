// SPDX-License-Identifier: Apache-2.0
// audio/wav.h   Sound files in and out, through libsndfile; resampling through libsoxr.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qmn {

struct Audio {
  std::vector<float> samples;  ///< mono, [-1, 1)
  int sample_rate_hz = 16000;
  int source_rate_hz = 16000;  ///< as the file has it
  int source_channels = 1;     ///< as the file has it
  bool was_resampled = false;  ///< the file had another rate
  bool was_downmixed = false;  ///< the file had several channels (their mean is taken)
};

/// Reads a sound file as mono at `sample_rate_hz`. 16-bit samples at that rate come out as value/32768 exactly.
/// Error (data) when it is no sound file, is empty or truncated to nothing, or too long (over `max_seconds`).
Audio read_audio(const std::filesystem::path& path, int sample_rate_hz, double max_seconds = 3600);

/// The same for the bytes of a sound file; `name` is what errors call it.
Audio decode_audio(std::string_view bytes, const std::string& name, int sample_rate_hz, double max_seconds = 3600);

/// The bytes of a 16-bit mono WAV file; samples are rounded to nearest, ties up, and saturated.
std::string encode_wav(std::span<const float> samples, int sample_rate_hz);

/// encode_wav into a file; atomic, and synced to the disk.
void write_wav(const std::filesystem::path& path, std::span<const float> samples, int sample_rate_hz);

/// Resampled by libsoxr, high quality; rates may be fractional (for speed changes).
std::vector<float> resample(std::span<const float> samples, double from_rate, double to_rate);

}  // namespace qmn
