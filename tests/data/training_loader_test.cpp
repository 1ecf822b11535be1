// SPDX-License-Identifier: Apache-2.0
#include "data/features.h"

#include "frontend/mfcc.h"
#include "tiny_dataset.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <set>

namespace qmn {
namespace {

constexpr AugmentSettings kNothing{.time_shift_ms = 0, .background_frequency = 0, .background_volume = 0};
constexpr AugmentSettings kEverything{.gain_db = 6, .speed_percent = 10, .time_mask_frames = 8, .coefficient_mask = 2};

TEST_F(TinyDataset, ABatchDependsOnItsSeedAndStepAlone) {
  make();
  const Dataset dataset = open_dataset(settings_);
  std::vector<Batch> batches;
  TrainingLoader whole(dataset, {}, kEverything, 7, 3, 0);
  for (int step = 0; step < 20; ++step) batches.push_back(whole.next());
  for (int first : {0, 1, 4, 13}) {
    TrainingLoader resumed(dataset, {}, kEverything, 7, 3, first);
    for (int step = first; step < 20; ++step) {
      const auto batch = resumed.next();
      ASSERT_EQ(batch.labels, batches[static_cast<std::size_t>(step)].labels) << step;
      ASSERT_EQ(batch.features, batches[static_cast<std::size_t>(step)].features) << step;
    }
  }
  TrainingLoader other(dataset, {}, kEverything, 7, 4, 0);
  EXPECT_NE(other.next().features, batches[0].features);
}

TEST_F(TinyDataset, AnEpochHoldsEveryWantedClipOnceAndTheSharesOfTheOthers) {
  make(20, 3);
  settings_.silence_percentage = 10;
  settings_.unknown_percentage = 30;
  const Dataset dataset = open_dataset(settings_);
  TrainingLoader loader(dataset, {}, kNothing, 56, 1, 0);  // 40 wanted + 4 silence + 12 unknown
  const Mfcc mfcc{FrontEndSettings{}};
  std::map<std::vector<float>, int> wanted;
  for (const Clip& clip : dataset.training) {
    if (clip.label > kUnknownIndex) wanted[mfcc.features(read_audio(clip.path, 16000).samples)] = clip.label;
  }
  ASSERT_EQ(wanted.size(), 40u);
  std::vector<int> first_order;
  for (int epoch = 0; epoch < 3; ++epoch) {
    const auto batch = loader.next();
    ASSERT_EQ(batch.labels.size(), 56u);
    ASSERT_EQ(batch.features.size(), 56u * 490u);
    EXPECT_EQ(std::count(batch.labels.begin(), batch.labels.end(), kSilenceIndex), 4);
    EXPECT_EQ(std::count(batch.labels.begin(), batch.labels.end(), kUnknownIndex), 12);
    std::set<std::vector<float>> seen;
    for (std::size_t i = 0; i < 56; ++i) {
      if (batch.labels[i] <= kUnknownIndex) continue;
      const std::vector<float> row(batch.features.begin() + static_cast<std::ptrdiff_t>(i * 490), batch.features.begin() + static_cast<std::ptrdiff_t>((i + 1) * 490));
      ASSERT_TRUE(wanted.contains(row));
      EXPECT_EQ(wanted.at(row), batch.labels[i]);
      seen.insert(row);
    }
    EXPECT_EQ(seen.size(), 40u);
    EXPECT_NE(batch.labels, first_order);
    if (epoch == 0) first_order = batch.labels;
  }
}

TEST_F(TinyDataset, UnknownClipsAreDrawnFromAllOtherWords) {
  make(10, 3);
  settings_.unknown_percentage = 10;  // two clips in the split, twenty in the pool
  const Dataset dataset = open_dataset(settings_);
  TrainingLoader loader(dataset, {}, kNothing, 24, 1, 0);
  std::set<std::vector<float>> seen;
  for (int step = 0; step < 80; ++step) {
    const auto batch = loader.next();
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
      if (batch.labels[i] != kUnknownIndex) continue;
      seen.insert({batch.features.begin() + static_cast<std::ptrdiff_t>(i * 490), batch.features.begin() + static_cast<std::ptrdiff_t>((i + 1) * 490)});
    }
  }
  EXPECT_EQ(seen.size(), 20u);
}

TEST_F(TinyDataset, WithoutOtherWordsAndBackgroundTrainingStillRuns) {
  make(4, 2, false);
  std::filesystem::remove_all(folder() / "cat");
  std::filesystem::remove_all(folder() / "dog");
  TrainingLoader loader(open_dataset(settings_), {}, {}, 50, 1, 0);
  const auto batch = loader.next();
  EXPECT_EQ(std::count(batch.labels.begin(), batch.labels.end(), kUnknownIndex), 0);
  EXPECT_GT(std::count(batch.labels.begin(), batch.labels.end(), kSilenceIndex), 5);
  for (float value : batch.features) ASSERT_TRUE(std::isfinite(value));
}

TEST_F(TinyDataset, BrokenTrainingClipsAreSkippedOrRefused) {
  make();
  write_text("yes/t0_nohash_0.wav", "text");
  testing::internal::CaptureStderr();
  { TrainingLoader(open_dataset(settings_), {}, {}, 5, 1, 0).next(); }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("1 broken file skipped"), std::string::npos);
  settings_.is_strict = true;
  EXPECT_NE(error_of([&] { TrainingLoader(open_dataset(settings_), {}, {}, 5, 1, 0); }).find("yes/t0_nohash_0.wav"), std::string::npos);
  settings_.is_strict = false;
  for (const char* word : {"yes", "no"}) {
    for (int s = 0; s < 6; ++s) write_text(std::string(word) + "/t" + std::to_string(s) + "_nohash_0.wav", "text");
  }
  EXPECT_NE(error_of([&] { TrainingLoader(open_dataset(settings_), {}, {}, 5, 1, 0); }).find("no clip of the wanted words"), std::string::npos);
}

TEST_F(TinyDataset, WrongAugmentationIsRefused) {
  make();
  EXPECT_NE(error_of([&] { TrainingLoader(open_dataset(settings_), {}, {.background_volume = 2}, 5, 1, 0); }, ErrorKind::usage), "no error");
}

/// Not a bar, a figure: clips a second of processor time.
TEST_F(TinyDataset, TellsItsSpeed) {
  make(30, 3);
  const auto cpu_seconds = [] {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  TrainingLoader loader(open_dataset(settings_), {}, kEverything, 100, 1, 0);
  for (int step = 0; step < 5; ++step) loader.next();  // those made ahead
  const double start = cpu_seconds();
  for (int step = 0; step < 10; ++step) loader.next();
  const double clips_per_second = 1000.0 / (cpu_seconds() - start);
  std::cout << "training loader: " << clips_per_second << " clips a second and core\n";
  EXPECT_GT(clips_per_second, 10);  // sanitizers included
}

}  // namespace
}  // namespace qmn
