// SPDX-License-Identifier: Apache-2.0
// The integer front end against the float reference, which is proved against TensorFlow's ops; and its stream against whole clips.
#include "frontend/fixed_mfcc.h"

#include "audio/wav.h"
#include "base/error.h"
#include "base/random.h"
#include "frontend/mfcc.h"
#include "qformat/qformat.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <numbers>

namespace qmn {
namespace {

using Pcm = std::vector<std::int16_t>;

Pcm signal(std::size_t count, const std::function<double(double)>& value) {
  Pcm pcm(count);
  for (std::size_t i = 0; i < count; ++i) pcm[i] = static_cast<std::int16_t>(std::clamp(std::floor(value(static_cast<double>(i)) + 0.5), -32768.0, 32767.0));
  return pcm;
}

double sine(double index, double hz) { return std::sin(2 * std::numbers::pi * hz * index / 16000); }

Pcm noise(std::size_t count, int amplitude, std::uint64_t seed) {
  Random random({seed});
  return signal(count, [&](double) { return static_cast<double>(random.uniform_int(static_cast<std::uint64_t>(2 * amplitude + 1))) - amplitude; });
}

std::map<std::string, Pcm> signals(std::size_t count) {
  const Pcm loud = noise(count, 32767, 1), soft = noise(count, 40, 2);
  return {{"tones over six octaves", signal(count, [&](double i) { return 9000 * sine(i, 210) + 5000 * sine(i, 1234.5) + 2500 * sine(i, 3456.7) + soft[static_cast<std::size_t>(i)]; })},
          {"a chirp", signal(count, [&](double i) { return 12000 * sine(i, 100 + 1800 * i / static_cast<double>(count)) + soft[static_cast<std::size_t>(i)]; })},
          {"noise at full scale", loud},
          {"noise of 40 steps", soft},
          {"noise of one step", noise(count, 1, 3)},
          {"a square wave at full scale", signal(count, [](double i) { return sine(i, 440) >= 0 ? 32767 : -32768; })},
          {"a click a frame", signal(count, [](double i) { return static_cast<int>(i) % 320 == 100 ? 20000 : 0; })}};
}

std::vector<float> reals(const Pcm& pcm) {
  std::vector<float> samples;
  for (const std::int16_t sample : pcm) samples.push_back(static_cast<float>(sample) / 32768.0f);
  return samples;
}

double worst_difference(const FrontEndSettings& settings, const Pcm& pcm) {
  const std::vector<float> fixed = FixedMfcc(settings).features(pcm), exact = Mfcc(settings).features(reals(pcm));
  EXPECT_EQ(fixed.size(), exact.size());
  double worst = 0;
  for (std::size_t i = 0; i < fixed.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(fixed[i]) - static_cast<double>(exact[i])));
  return worst;
}

TEST(FixedMfcc, StaysCloseToTheFloatReference) {
  const FrontEndSettings settings;
  for (const auto& [name, pcm] : signals(16000)) {
    const double worst = worst_difference(settings, pcm);
    RecordProperty(name.substr(0, 8), fmt::format("{:.4f}", worst));
    EXPECT_LE(worst, 0.03) << name;  // the last coefficient, of ±4, has steps of 1/16 in 8 bits; a step of its 16 bits is 1/256
  }
}

TEST(FixedMfcc, StaysCloseForAnyWindow) {
  for (const int window : {5, 6, 7, 8, 9, 16, 31, 33, 64, 100, 129, 255, 256, 257, 400, 480, 512, 513, 640, 769, 1000, 1024, 1025, 2048, 3000, 4096, 8192}) {
    FrontEndSettings settings;
    settings.window_samples = window;
    settings.hop_samples = std::max(1, window / 2 + 1);
    settings.clip_samples = 2 * window + 40;
    settings.mel_bands = window < 64 ? 3 : window < 256 ? 8 : 40;
    settings.coefficient_count = std::min(settings.mel_bands, 13);
    settings.upper_hz = window % 2 == 0 ? 8000 : 4000;  // the first also takes the bin at half the sample rate
    EXPECT_LE(worst_difference(settings, noise(static_cast<std::size_t>(settings.clip_samples), 12000, 5)), 0.06) << window;
  }
}

TEST(FixedMfcc, StaysCloseForAnyFilterBank) {
  FrontEndSettings settings;
  settings.sample_rate_hz = 8000;
  settings.clip_samples = 4000;
  settings.window_samples = 240;
  settings.hop_samples = 80;
  for (const int bands : {1, 2, 13, 26, 64, 128}) {  // the most leave bands without a bin
    settings.mel_bands = bands;
    settings.coefficient_count = std::min(bands, 20);
    settings.lower_hz = bands % 2 == 0 ? 0 : 300;
    settings.upper_hz = 3400;
    EXPECT_LE(worst_difference(settings, noise(4000, 3000, 6)), 0.06) << bands;
  }
}

TEST(FixedMfcc, RealClipsGiveTheSame8BitFeaturesWithinOneStep) {
  const char* data = std::getenv("QMN_SPEECH_COMMANDS");
  if (!data) GTEST_SKIP() << "needs QMN_SPEECH_COMMANDS (the data set)";
  FrontEndSettings settings;
  settings.coefficient_shifts = {7, 4, 4, 4, 3, 3, 3, 3, 3, 2};
  const QFormat format{8, 6};
  const FixedMfcc fixed(settings);
  const Mfcc exact(settings);
  std::map<std::int64_t, std::int64_t> histogram;
  std::int64_t total = 0;
  for (const char* word : {"yes", "no", "up", "down", "zero", "happy"}) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(data) / word)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (std::size_t i = 0; i < std::min<std::size_t>(25, paths.size()); ++i) {
      const std::vector<float> samples = read_audio(paths[i], 16000).samples;
      const Pcm pcm = signal(samples.size(), [&](double at) { return 32768.0 * static_cast<double>(samples[static_cast<std::size_t>(at)]); });
      const std::vector<float> a = fixed.features(pcm), b = exact.features(samples);
      for (std::size_t k = 0; k < a.size(); ++k, ++total) ++histogram[quantize(static_cast<double>(a[k]), format) - quantize(static_cast<double>(b[k]), format)];
    }
  }
  ASSERT_GT(total, 50000);
  std::string text;
  for (const auto& [steps, count] : histogram) text += fmt::format("{:+}: {:.4f} %  ", steps, 100.0 * static_cast<double>(count) / static_cast<double>(total));
  RecordProperty("steps", text);
  const auto within_one = histogram[-1] + histogram[0] + histogram[1];
  EXPECT_GE(static_cast<double>(within_one), 0.999 * static_cast<double>(total)) << text;
  EXPECT_GE(static_cast<double>(histogram[0]), 0.98 * static_cast<double>(total)) << text;
}

TEST(FixedMfcc, DigitalSilenceGivesTheFloor) {
  const FixedMfcc mfcc{FrontEndSettings{}};
  const std::vector<std::int16_t> features = mfcc.compute(Pcm(16000, 0));
  for (std::size_t i = 0; i < features.size(); ++i) {
    const double expected = i % 10 == 0 ? -247.13937 : 0.0;  // sqrt(2/40) · 40 · ln(1e-12)
    EXPECT_NEAR(std::ldexp(features[i], -mfcc.tables().feature_frac_bits[i % 10]), expected, 0.02) << i;
  }
}

/// The loudest and the most lopsided inputs: no sum may overflow (the asan preset checks), nothing may saturate.
TEST(FixedMfcc, NothingOverflowsOrSaturates) {
  for (const int window : {5, 8, 256, 640, 1024, 2048, 8192}) {
    FrontEndSettings settings;
    settings.window_samples = settings.clip_samples = window;
    settings.mel_bands = window < 64 ? 3 : 40;
    settings.coefficient_count = settings.mel_bands;
    settings.lower_hz = 0;
    settings.upper_hz = 8000;
    const FixedMfcc mfcc(settings);
    const auto count = static_cast<std::size_t>(window);
    for (const Pcm& pcm : {Pcm(count, -32768), Pcm(count, 32767), Pcm(count, -1), Pcm(count, 1), signal(count, [](double i) { return static_cast<int>(i) % 2 == 0 ? 32767 : -32768; }),
                           signal(count, [](double i) { return static_cast<int>(i) % 4 < 2 ? 32767 : -32768; }), signal(count, [](double i) { return i == 0 ? -32768 : 0; }),
                           signal(count, [&](double i) { return i == static_cast<double>(count) / 2 ? -32768 : 0; })}) {
      for (const std::int16_t feature : mfcc.compute(pcm)) EXPECT_TRUE(feature > -32768 && feature < 32767) << window;
    }
  }
}

TEST(FixedMfcc, FeaturesDoNotDependOnTheGainOfAPowerOfTwo) {  // but for the first coefficient, the logarithm of the energy
  const FixedMfcc mfcc{FrontEndSettings{}};
  const Pcm soft = noise(16000, 500, 7);
  Pcm loud(soft.size());
  std::ranges::transform(soft, loud.begin(), [](std::int16_t sample) { return static_cast<std::int16_t>(sample * 32); });
  const auto a = mfcc.compute(soft), b = mfcc.compute(loud);
  const double rise = std::sqrt(2.0 / 40) * 40 * std::log(32.0) * std::ldexp(1.0, mfcc.tables().feature_frac_bits[0]);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(b[i] - a[i], i % 10 == 0 ? rise : 0, 2) << i;
}

TEST(FixedMfcc, AStreamGivesTheFramesOfTheClip) {
  for (const auto& [window, hop] : std::vector<std::pair<int, int>>{{640, 320}, {640, 640}, {480, 160}, {400, 1000}, {33, 7}, {640, 641}}) {
    FrontEndSettings settings;
    settings.window_samples = window;
    settings.hop_samples = hop;
    settings.clip_samples = 6000;
    const FixedMfcc mfcc(settings);
    const Pcm pcm = noise(6000, 9000, 8);
    const std::vector<std::int16_t> expected = mfcc.compute(pcm);
    Random random({static_cast<std::uint64_t>(window), static_cast<std::uint64_t>(hop)});
    const qmn_mfcc& tables = mfcc.c_struct();
    std::vector<std::int32_t> workspace(static_cast<std::size_t>(QMN_MFCC_WORKSPACE_BYTES(tables.fft_length, tables.first_bin, tables.end_bin)) / 4);
    Pcm ring(static_cast<std::size_t>(window) + static_cast<std::size_t>(window % 2));
    qmn_mfcc_stream stream;
    qmn_mfcc_stream_start(&stream, &tables, ring.data());
    std::vector<std::int16_t> streamed, frame(10);
    for (std::size_t at = 0; at < pcm.size();) {
      const auto chunk = static_cast<std::int32_t>(std::min<std::size_t>(pcm.size() - at, random.uniform_int(900)));
      for (std::int32_t taken = 0; taken < chunk;) {
        std::int32_t is_frame = 0;
        const std::int32_t now = qmn_mfcc_stream_push(&stream, pcm.data() + at + static_cast<std::size_t>(taken), chunk - taken, workspace.data(), frame.data(), &is_frame);
        ASSERT_TRUE(now > 0 || is_frame);
        taken += now;
        if (is_frame) streamed.insert(streamed.end(), frame.begin(), frame.end());
      }
      at += static_cast<std::size_t>(chunk);
    }
    EXPECT_EQ(streamed, expected) << window << " " << hop;
  }
}

TEST(FixedMfcc, TheDevicesInputIsTheRoundingOfTheFeatures) {
  FrontEndSettings settings;
  settings.coefficient_shifts = {7, 4, 4, 4, 3, 3, 3, 3, 3, 2};
  const FixedMfcc mfcc(settings);
  const Pcm pcm = noise(16000, 20000, 9);
  const std::vector<std::int16_t> raw = mfcc.compute(pcm);
  const std::vector<float> features = mfcc.features(pcm);
  for (const int frac_bits : {-2, 0, 3, 6, 9, 14}) {
    std::vector<std::int8_t> shifts;
    for (std::size_t c = 0; c < 10; ++c) shifts.push_back(static_cast<std::int8_t>(mfcc.tables().feature_frac_bits[c] + settings.coefficient_shifts[c] - frac_bits));
    for (std::size_t frame = 0; frame < 49; ++frame) {
      std::vector<std::int8_t> input(10);
      qmn_mfcc_quantize_s8(raw.data() + frame * 10, shifts.data(), 10, input.data());
      for (std::size_t c = 0; c < 10; ++c) ASSERT_EQ(input[c], quantize(static_cast<double>(features[frame * 10 + c]), {8, frac_bits})) << frac_bits;
    }
  }
}

TEST(FixedMfcc, TablesOfTheUsualSettingsStayWithin8Kilobytes) {
  const MfccTables tables = make_mfcc_tables(FrontEndSettings{});
  EXPECT_LE(tables.size_bytes(), 8 * 1024);
  EXPECT_EQ(tables.window[320], 32767);
  EXPECT_EQ(tables.segments.back(), tables.scalars.end_bin - tables.scalars.first_bin);
}

TEST(FixedMfcc, AWindowBeyondTheTransformIsRefused) {
  FrontEndSettings settings;
  settings.clip_samples = 16000;
  settings.window_samples = 8193;
  EXPECT_THROW(make_mfcc_tables(settings), Error);
  settings.window_samples = 4;
  EXPECT_THROW(make_mfcc_tables(settings), Error);
}

}  // namespace
}  // namespace qmn
