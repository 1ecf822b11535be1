// SPDX-License-Identifier: Apache-2.0
#include "data/augment.h"

#include "tiny_dataset.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace qmn {
namespace {

constexpr AugmentSettings kNothing{.time_shift_ms = 0, .background_frequency = 0, .background_volume = 0};

std::vector<std::int16_t> ramp(std::size_t count) {
  std::vector<std::int16_t> samples(count);
  for (std::size_t i = 0; i < count; ++i) samples[i] = static_cast<std::int16_t>(1 + i % 30000);
  return samples;
}

std::vector<float> augmented(const std::vector<std::int16_t>& samples, const AugmentSettings& settings, std::uint64_t seed, const Background& background = Background({}, 16000)) {
  Random random({seed});
  return augment_clip(samples, 16000, 16000, settings, background, random);
}

TEST(Augment, WithNothingSetTheClipStaysAsItIs) {
  const auto samples = ramp(16000);
  EXPECT_EQ(augmented(samples, kNothing, 1), fit_clip(samples, 16000));
  const auto shorter = ramp(5000);
  EXPECT_EQ(augmented(shorter, kNothing, 1), fit_clip(shorter, 16000));
}

TEST(Augment, ShiftsStayWithinTheirReachAndMoveZerosIn) {
  AugmentSettings settings = kNothing;
  settings.time_shift_ms = 100;
  const auto samples = ramp(16000);
  std::set<std::ptrdiff_t> shifts;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto clip = augmented(samples, settings, seed);
    const auto first = std::find_if(clip.begin(), clip.end(), [](float value) { return value != 0.0f; });
    const std::ptrdiff_t leading = first - clip.begin();
    const std::ptrdiff_t shift = leading - (static_cast<std::ptrdiff_t>(*first * 32768.0f) - 1);
    shifts.insert(shift);
    for (std::ptrdiff_t i = 0; i < 16000; ++i) {
      const std::ptrdiff_t source = i - shift;
      ASSERT_EQ(clip[static_cast<std::size_t>(i)], source >= 0 && source < 16000 ? from_pcm16(samples[static_cast<std::size_t>(source)]) : 0.0f);
    }
  }
  EXPECT_GE(*shifts.begin(), -1600);
  EXPECT_LE(*shifts.rbegin(), 1600);
  EXPECT_LT(*shifts.begin(), -1400);
  EXPECT_GT(*shifts.rbegin(), 1400);
}

TEST(Augment, LongRecordingsAreCroppedAtRandom) {
  const auto samples = ramp(20000);
  std::set<float> starts;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto clip = augmented(samples, kNothing, seed);
    const float start = clip[0] * 32768.0f;
    EXPECT_EQ(clip[15999] * 32768.0f, start + 15999.0f);
    starts.insert(start);
  }
  EXPECT_GT(starts.size(), 40u);
}

TEST(Augment, GainStaysWithinItsDecibels) {
  AugmentSettings settings = kNothing;
  settings.gain_db = 6;
  const std::vector<std::int16_t> samples(16000, 1000);
  double lowest = 10, highest = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const double gain = static_cast<double>(augmented(samples, settings, seed)[0]) * 32768.0 / 1000.0;
    lowest = std::min(lowest, gain);
    highest = std::max(highest, gain);
  }
  EXPECT_GE(lowest, 0.5011);
  EXPECT_LT(lowest, 0.53);
  EXPECT_LE(highest, 1.9954);
  EXPECT_GT(highest, 1.9);
}

TEST(Augment, SpeedMovesTheEndOfTheSound) {
  AugmentSettings settings = kNothing;
  settings.speed_percent = 10;
  const std::vector<std::int16_t> samples(10000, 500);
  std::ptrdiff_t shortest = 16000, longest = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto clip = augmented(samples, settings, seed);
    const std::ptrdiff_t sounding = std::find(clip.begin(), clip.end(), 0.0f) - clip.begin();
    for (std::ptrdiff_t i = 0; i < 16000; ++i) ASSERT_NEAR(clip[static_cast<std::size_t>(i)] * 32768.0f, i < sounding ? 500.0f : 0.0f, 1e-3);
    shortest = std::min(shortest, sounding);
    longest = std::max(longest, sounding);
  }
  EXPECT_NEAR(static_cast<double>(shortest), 10000 / 1.1, 60);
  EXPECT_NEAR(static_cast<double>(longest), 10000 / 0.9, 60);
}

TEST_F(TinyDataset, NoiseComesAtItsFrequencyAndVolume) {
  std::filesystem::create_directories(folder());
  write("noise.wav", std::vector<float>(40000, 0.5f));
  const std::vector<std::filesystem::path> paths{folder() / "noise.wav"};
  const Background background(paths, 16000);
  AugmentSettings settings = kNothing;
  settings.background_frequency = 0.8;
  settings.background_volume = 0.1;
  int noisy = 0;
  float loudest = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const auto clip = augmented({}, settings, seed, background);
    noisy += clip[0] != 0.0f ? 1 : 0;
    loudest = std::max(loudest, clip[0]);
    ASSERT_EQ(clip[0], clip[15999]);
  }
  EXPECT_NEAR(noisy, 800, 50);
  EXPECT_LE(loudest, 0.05f);
  EXPECT_GT(loudest, 0.048f);
}

TEST_F(TinyDataset, AShortRecordingIsRepeated) {
  std::filesystem::create_directories(folder());
  write("noise.wav", test_sound(3, 1234));
  const std::vector<std::filesystem::path> paths{folder() / "noise.wav"};
  const Background background(paths, 16000);
  std::vector<float> clip(16000, 0.0f);
  Random random({1});
  background.mix_into(clip, 1.0, random);
  for (std::size_t i = 0; i + 1234 < clip.size(); ++i) ASSERT_EQ(clip[i], clip[i + 1234]);
}

TEST(Augment, MasksTakeTheMeanOfTheirCoefficient) {
  AugmentSettings settings = kNothing;
  settings.time_mask_frames = 10;
  settings.coefficient_mask = 3;
  std::size_t most_frames = 0, most_coefficients = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::vector<float> features(490);
    for (std::size_t i = 0; i < 490; ++i) features[i] = static_cast<float>(i);
    const auto before = features;
    Random random({seed});
    mask_features(features, 10, settings, random);
    std::set<std::size_t> whole_frames, whole_coefficients;
    auto is_masked = [&](std::size_t i) { return features[i] != before[i] || before[i] == static_cast<float>(240 + i % 10); };
    for (std::size_t i = 0; i < 490; ++i) {
      if (features[i] == before[i]) continue;
      ASSERT_EQ(features[i], static_cast<float>(240 + i % 10));  // the mean of c, c + 10, …, c + 480
    }
    for (std::size_t frame = 0; frame < 49; ++frame) {
      bool all = frame != 24;  // that frame holds the means themselves
      for (std::size_t c = 0; c < 10; ++c) all &= is_masked(frame * 10 + c);
      if (all) whole_frames.insert(frame);
    }
    for (std::size_t c = 0; c < 10; ++c) {
      bool all = true;
      for (std::size_t frame = 0; frame < 49; ++frame) all &= is_masked(frame * 10 + c);
      if (all) whole_coefficients.insert(c);
    }
    most_frames = std::max(most_frames, whole_frames.size());
    most_coefficients = std::max(most_coefficients, whole_coefficients.size());
    ASSERT_LE(whole_frames.size(), 10u);
    ASSERT_LE(whole_coefficients.size(), 3u);
  }
  EXPECT_EQ(most_frames, 10u);
  EXPECT_EQ(most_coefficients, 3u);
}

TEST(Augment, SettingsOutOfRangeAreUsageErrors) {
  auto complaint = [](AugmentSettings settings) { return error_of([&] { check_augment(settings); }, ErrorKind::usage); };
  EXPECT_EQ(complaint({}), "no error");
  EXPECT_NE(complaint({.background_frequency = 1.1}).find("background_frequency"), std::string::npos);
  EXPECT_NE(complaint({.time_shift_ms = -1}).find("time_shift_ms"), std::string::npos);
  EXPECT_NE(complaint({.speed_percent = 90}).find("speed_percent"), std::string::npos);
}

TEST(Pcm16, RoundsToNearestAndSaturates) {
  for (int value = -32768; value <= 32767; ++value) ASSERT_EQ(to_pcm16(from_pcm16(static_cast<std::int16_t>(value))), value);
  EXPECT_EQ(to_pcm16(5.0f), 32767);
  EXPECT_EQ(to_pcm16(-5.0f), -32768);
  EXPECT_EQ(to_pcm16(0.5f / 32768), 1);
  EXPECT_EQ(to_pcm16(-0.5f / 32768), 0);
}

}  // namespace
}  // namespace qmn
