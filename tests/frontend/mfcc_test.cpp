// SPDX-License-Identifier: Apache-2.0
// The MFCC against numbers of an independent numpy model (golden_mfcc.json, made by make_golden.py), and its properties.
#include "frontend/mfcc.h"

#include "audio/wav.h"
#include "base/error.h"
#include "base/file.h"
#include "base/subprocess.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <numbers>
#include <sstream>

namespace qmn {
namespace {

constexpr std::size_t kClip = 16000;
constexpr double kSilenceC0 = -247.13937;  // sqrt(2/40) · 40 · ln(1e-12)

std::vector<float> noise(std::size_t count, int amplitude) {
  std::uint32_t state = 1;
  std::vector<float> out(count);
  for (float& value : out) {
    state = 1664525u * state + 1013904223u;
    value = static_cast<float>(static_cast<int>((state >> 16) % static_cast<std::uint32_t>(2 * amplitude + 1)) - amplitude) / 32768.0f;
  }
  return out;
}

std::vector<float> tones(std::size_t count) {
  std::vector<float> out(count);
  for (std::size_t t = 0; t < count; ++t) {
    const double phase = 2 * std::numbers::pi * static_cast<double>(t) / 16000;
    const double wave = 9000 * std::sin(210.0 * phase) + 5000 * std::sin(1234.5 * phase) + 2500 * std::sin(3456.7 * phase);
    out[t] = static_cast<float>(std::floor(wave + 0.5)) / 32768.0f;
  }
  return out;
}

std::map<std::string, std::vector<float>> golden_signals() {
  std::vector<float> mixed = tones(kClip);
  const std::vector<float> hiss = noise(kClip, 800);
  for (std::size_t i = 0; i < kClip; ++i) mixed[i] += hiss[i];
  std::vector<float> burst = noise(kClip, 1);
  std::fill(burst.begin(), burst.begin() + 9000, 0.0f);
  return {{"tones_and_noise", mixed},
          {"digital_silence", std::vector<float>(kClip, 0.0f)},
          {"silence_then_one_lsb_noise", burst},
          {"constant_1000", std::vector<float>(kClip, 1000.0f / 32768.0f)},
          {"short_clip", noise(5000, 12000)}};
}

TEST(Mfcc, EqualsTheNumpyModelOnSyntheticSignals) {
  const auto signals = golden_signals();
  int compared = 0;
  for (const auto& item : nlohmann::json::parse(read_file(QMN_GOLDEN_MFCC))) {
    FrontEndSettings settings;
    settings.window_samples = item["window"];
    settings.hop_samples = item["hop"];
    settings.coefficient_count = item["coefficients"];
    const auto computed = Mfcc(settings).compute(signals.at(item["signal"]));
    const auto width = static_cast<std::size_t>(settings.coefficient_count);
    for (std::size_t row = 0; row < item["frames"].size(); ++row) {
      const std::size_t frame = item["frames"][row];
      for (std::size_t c = 0; c < width; ++c, ++compared) {
        ASSERT_NEAR(computed.at(frame * width + c), item["mfcc"][row][c].get<float>(), 1e-4) << item["signal"] << " frame " << frame << " coefficient " << c;
      }
    }
  }
  EXPECT_GT(compared, 800);
}

TEST(Mfcc, EqualsTheNumpyModelOnRealClips) {
  const char* data = std::getenv("QMN_SPEECH_COMMANDS");
  const char* oracle = std::getenv("QMN_ORACLE");
  if (!data || !oracle) GTEST_SKIP() << "needs QMN_SPEECH_COMMANDS (the data set) and QMN_ORACLE (the folder of tf_mfcc.py)";
  std::vector<std::string> command{"/usr/bin/python3", QMN_DUMP_MFCC, oracle};
  for (const char* word : {"yes", "no", "up", "zero", "happy"}) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(data) / word)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    command.insert(command.end(), paths.begin(), paths.begin() + std::min<std::ptrdiff_t>(4, std::ssize(paths)));
  }
  ASSERT_GE(command.size(), 20u);
  const ProcessResult run = run_process(command);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::istringstream numbers(run.out);
  const Mfcc mfcc{FrontEndSettings{}};
  double worst = 0;
  for (auto path = command.begin() + 3; path != command.end(); ++path) {
    for (float value : mfcc.compute(read_audio(*path, 16000).samples)) {
      double expected = 0;
      ASSERT_TRUE(numbers >> expected);
      worst = std::max(worst, std::abs(static_cast<double>(value) - expected));
    }
  }
  double surplus = 0;
  EXPECT_FALSE(numbers >> surplus);
  EXPECT_LE(worst, 1e-3);
}

TEST(Mfcc, DigitalSilenceGivesTheFloorInTheFirstCoefficientAndZeroInTheOthers) {
  const Mfcc mfcc{FrontEndSettings{}};
  const auto row = mfcc.compute(std::vector<float>(kClip, 0.0f));
  ASSERT_EQ(row.size(), 490u);
  for (std::size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(row[i], i % 10 == 0 ? kSilenceC0 : 0.0, 1e-3);
  EXPECT_EQ(mfcc.compute({}), row);  // nothing at all is padded with zeros
}

TEST(Mfcc, ShiftsScaleEachCoefficientByItsPowerOfTwo) {
  FrontEndSettings settings;
  const auto plain = Mfcc(settings).features(noise(kClip, 3000));
  EXPECT_EQ(plain, Mfcc(settings).compute(noise(kClip, 3000)));
  settings.coefficient_shifts = {8, 5, 4, 4, 3, 0, -1, 2, 2, 2};
  const auto scaled = Mfcc(settings).features(noise(kClip, 3000));
  for (std::size_t i = 0; i < plain.size(); ++i) ASSERT_EQ(std::ldexp(plain[i], -settings.coefficient_shifts[i % 10]), scaled[i]);
  EXPECT_EQ(Mfcc(settings).compute(noise(kClip, 3000)), plain);
}

TEST(Mfcc, LongClipsAreCutAndShortOnesPadded) {
  const Mfcc mfcc{FrontEndSettings{}};
  auto clip = noise(kClip, 500);
  const auto expected = mfcc.compute(clip);
  clip.resize(kClip + 777, 0.25f);
  EXPECT_EQ(mfcc.compute(clip), expected);

  auto shorter = noise(7000, 500);
  const auto padded_row = mfcc.compute(shorter);
  shorter.resize(kClip, 0.0f);
  EXPECT_EQ(padded_row, mfcc.compute(shorter));
}

TEST(Mfcc, HalfTheRateAndOddLengthsWork) {
  FrontEndSettings settings;
  settings.sample_rate_hz = 8000;
  settings.clip_samples = 8123;
  settings.window_samples = 200;
  settings.hop_samples = 81;
  settings.coefficient_count = 13;
  const auto row = Mfcc(settings).compute(noise(8123, 500));  // upper_hz is half the rate: the bin of Nyquist counts
  EXPECT_EQ(row.size(), static_cast<std::size_t>(settings.feature_count()));
  for (float value : row) EXPECT_TRUE(std::isfinite(value));
}

TEST(Mfcc, SettingsWithoutMeaningAreUsageErrors) {
  FrontEndSettings settings;
  settings.window_samples = 16001;
  try {
    const Mfcc mfcc(settings);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
}

/// A clip delayed by whole hops has the same frames, later.
RC_GTEST_PROP(MfccProperty, AShiftByHopsMovesTheFrames, ()) {
  const auto hops = *rc::gen::inRange<std::size_t>(1, 20);
  const auto amplitude = *rc::gen::inRange(1, 10000);
  const Mfcc mfcc{FrontEndSettings{}};
  const auto clip = noise(kClip, amplitude);
  std::vector<float> later(hops * 320, 0.0f);
  later.insert(later.end(), clip.begin(), clip.end());
  const auto a = mfcc.compute(clip), b = mfcc.compute(later);
  for (std::size_t i = 0; i + hops * 10 < a.size(); ++i) RC_ASSERT(a[i] == b[i + hops * 10]);
}

/// Twice the amplitude adds ln 2 to every log energy: sqrt(2/40) · 40 · ln 2 to the first coefficient and nothing to the others.
RC_GTEST_PROP(MfccProperty, LoudnessMovesTheFirstCoefficientAlone, ()) {
  const auto amplitude = *rc::gen::inRange(50, 10000);
  const Mfcc mfcc{FrontEndSettings{}};
  const auto clip = noise(kClip, amplitude);
  auto louder = clip;
  for (float& sample : louder) sample *= 2;
  const auto a = mfcc.compute(clip), b = mfcc.compute(louder);
  const double step = std::sqrt(2.0 / 40.0) * 40.0 * std::numbers::ln2;
  for (std::size_t i = 0; i < a.size(); ++i) {
    RC_ASSERT(std::abs(static_cast<double>(b[i]) - static_cast<double>(a[i]) - (i % 10 == 0 ? step : 0.0)) < 1e-3);
  }
}

/// Not a bar, a figure: milliseconds a clip on this machine.
TEST(Mfcc, TellsItsSpeed) {
  const Mfcc mfcc{FrontEndSettings{}};
  const auto clip = noise(kClip, 3000);
  constexpr int kClips = 50;
  const auto start = std::chrono::steady_clock::now();
  float sum = 0;
  for (int i = 0; i < kClips; ++i) sum += mfcc.compute(clip)[0];
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() / kClips;
  RecordProperty("ms_per_clip", std::to_string(ms));
  std::cout << "MFCC of a 1 s clip: " << ms << " ms\n";
  EXPECT_TRUE(std::isfinite(sum));
  EXPECT_LT(ms, 50);  // sanitizers and busy machines included
}

}  // namespace
}  // namespace qmn
