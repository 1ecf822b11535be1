// SPDX-License-Identifier: Apache-2.0
// data/synth.h   Makes a keyword data set from text-to-speech voices, in the Speech Commands layout: no recordings needed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace qmn {

struct SynthSettings {
  std::vector<std::string> words;          ///< the keywords
  std::vector<std::string> unknown_words;  ///< others, for _unknown_; empty: a built-in list without the keywords
  int clips_per_word = 500;
  int clips_per_unknown_word = 50;
  int background_files = 4;
  double background_seconds = 30;
  std::vector<std::string> engines;        ///< names of speech engines; empty: all that are installed
  double validation_percentage = 15, testing_percentage = 15;  ///< of voices: splits are disjoint by voice
  std::uint64_t seed = 1;
  int sample_rate_hz = 16000;
  int clip_samples = 16000;
  bool is_quiet = false;
};

struct SynthResult {
  std::int64_t clip_count = 0;
  std::int64_t voice_count = 0;
  std::int64_t failed_count = 0;  ///< utterances that an engine could not speak
};

/// Writes the data set; the folder appears when it is complete. Error (data): no speech engine installed (names the packages), disk full.
SynthResult synthesize_dataset(const std::filesystem::path& folder, const SynthSettings& settings);

/// The keywords that a folder was synthesized for, as its word folders are named; none when it is no folder of synthesize_dataset.
std::vector<std::string> synthesized_words(const std::filesystem::path& folder);

}  // namespace qmn
