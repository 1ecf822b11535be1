// SPDX-License-Identifier: Apache-2.0
// tests/data/tiny_dataset.h   Small data sets of computed sounds, and a cache folder of their own, for one test.
#pragma once

#include "audio/wav.h"
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "data/dataset.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace qmn {

/// A tone with some noise; another one for each key.
inline std::vector<float> test_sound(std::uint64_t key, std::size_t sample_count = 16000, double volume = 0.2) {
  Random random({key, 77});
  const double step = random.uniform(0.05, 0.8);
  std::vector<float> sound(sample_count);
  for (std::size_t i = 0; i < sample_count; ++i) {
    sound[i] = static_cast<float>(volume * std::sin(step * static_cast<double>(i)) + 0.01 * random.normal());
  }
  return sound;
}

/// What `action` complains about; "no error" when it does not.
inline std::string error_of(const std::function<void()>& action, ErrorKind kind = ErrorKind::data) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  return "no error";
}

/// Words yes and no (wanted), cat and dog (others), speakers t0… for training, v0… for validation, e0… for testing, one clip each.
class TinyDataset : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("QMN_CACHE_DIR", (temporary_.path() / "cache").c_str(), 1);
    settings_.folder = folder();
    settings_.wanted_words = {"yes", "no"};
    settings_.silence_percentage = 50;
    settings_.unknown_percentage = 50;
  }
  void TearDown() override { ::unsetenv("QMN_CACHE_DIR"); }

  std::filesystem::path folder() const { return temporary_.path() / "data"; }
  std::filesystem::path cache() const { return temporary_.path() / "cache"; }

  void write(const std::string& name, std::span<const float> sound, int rate = 16000) const {
    write_text(name, encode_wav(sound, rate));
  }
  void write_text(const std::string& name, const std::string& text) const {  // unsynced: hundreds of these are written
    std::filesystem::create_directories((folder() / name).parent_path());
    std::ofstream file(folder() / name, std::ios::binary | std::ios::trunc);
    file << text;
    ASSERT_TRUE(file.flush());
  }
  void make(int training_speakers = 6, int other_speakers = 3, bool has_background = true) const {
    std::string validation, testing;
    std::uint64_t key = 0;
    for (const char* word : {"yes", "no", "cat", "dog"}) {
      auto add = [&](char group, int speaker) {
        const std::string name = std::string(word) + "/" + group + std::to_string(speaker) + "_nohash_0.wav";
        write(name, test_sound(++key));
        return name + "\n";
      };
      for (int s = 0; s < training_speakers; ++s) add('t', s);
      for (int s = 0; s < other_speakers; ++s) validation += add('v', s);
      for (int s = 0; s < other_speakers; ++s) testing += add('e', s);
    }
    write_text("validation_list.txt", validation);
    write_text("testing_list.txt", testing);
    if (!has_background) return;
    write("_background_noise_/hum.wav", test_sound(1001, 40000));
    write("_background_noise_/short.wav", test_sound(1002, 5000));
  }

  TemporaryFolder temporary_;
  DatasetSettings settings_;
};

}  // namespace qmn
