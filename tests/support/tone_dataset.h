// SPDX-License-Identifier: Apache-2.0
// tests/support/tone_dataset.h   A data set of two sounds that a small net learns in a second: low and high tones, noisy, of any volume.
#pragma once

#include "audio/wav.h"
#include "base/file.h"
#include "base/random.h"
#include "data/dataset.h"

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

namespace qmn {

inline std::vector<float> noisy_tone(double hertz, std::uint64_t key) {
  Random random{key, static_cast<std::uint64_t>(hertz)};
  const double step = 2 * 3.14159265 * hertz * random.uniform(0.8, 1.25) / 16000, volume = random.uniform(0.05, 0.3);
  std::vector<float> samples(16000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<float>(volume * std::sin(step * static_cast<double>(i)) + 0.01 * random.normal());
  }
  return samples;
}

/// 20 training, 10 validation and 10 test clips of each of the words "low" and "high".
inline Dataset make_tone_dataset(const std::filesystem::path& folder) {
  std::string validation, testing;
  for (const std::string word : {"low", "high"}) {
    std::filesystem::create_directories(folder / word);
    for (int speaker = 0; speaker < 40; ++speaker) {
      const std::string name = word + "/s" + std::to_string(speaker) + "_nohash_0.wav";
      write_wav(folder / name, noisy_tone(word == "low" ? 300 : 1500, static_cast<std::uint64_t>(speaker)), 16000);
      if (speaker % 4 == 1) validation += name + "\n";
      if (speaker % 4 == 3) testing += name + "\n";
    }
  }
  write_file_atomic(folder / "validation_list.txt", validation);
  write_file_atomic(folder / "testing_list.txt", testing);
  return open_dataset({.folder = folder, .wanted_words = {"low", "high"}});
}

}  // namespace qmn
