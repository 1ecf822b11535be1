// SPDX-License-Identifier: Apache-2.0
#include "data/effects.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace qmn {
namespace {

std::vector<float> sine(double hz, std::size_t count, double gain = 0.5) {
  std::vector<float> samples(count);
  for (std::size_t at = 0; at < count; ++at)
    samples[at] = static_cast<float>(gain * std::sin(2 * std::numbers::pi * hz * static_cast<double>(at) / 16000));
  return samples;
}

/// Power at one frequency, by the definition of the Fourier transform.
double power_at(std::span<const float> samples, double hz) {
  double real = 0, imaginary = 0;
  for (std::size_t at = 0; at < samples.size(); ++at) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(at) / 16000;
    real += samples[at] * std::cos(angle);
    imaginary += samples[at] * std::sin(angle);
  }
  return (real * real + imaginary * imaginary) / static_cast<double>(samples.size());
}

/// Mean power over a band of 200 Hz: noise is too rough at a single frequency.
double band_power_db(std::span<const float> samples, double center_hz) {
  double sum = 0;
  for (int step = -50; step <= 50; ++step) sum += power_at(samples, center_hz + 2 * step);
  return 10 * std::log10(sum / 101);
}

TEST(Effects, TrimKeepsTheSoundAndTheMargin) {
  const std::vector<float> sound = place(sine(1000, 4000), 16000, 5000);
  const std::span<const float> trimmed = trim_silence(sound, 40, 100);
  EXPECT_NEAR(static_cast<double>(trimmed.data() - sound.data()), 4900, 2);
  EXPECT_NEAR(static_cast<double>(trimmed.size()), 4200, 4);
}

TEST(Effects, TrimOfSilenceIsEmptyAndOfLoudnessIsTheWhole) {
  EXPECT_TRUE(trim_silence(std::vector<float>(100, 0.0f), 40, 10).empty());
  const std::vector<float> loud(100, 0.5f);
  EXPECT_EQ(trim_silence(loud, 40, 10).size(), 100u);
}

TEST(Effects, PlaceCutsWhatDoesNotFit) {
  const std::vector<float> ones(10, 1.0f);
  EXPECT_EQ(place(ones, 4, 2), (std::vector<float>{0, 0, 1, 1}));
  EXPECT_EQ(place(ones, 3, 7), (std::vector<float>{0, 0, 0}));
}

TEST(Effects, FasterIsShorterAndHigher) {
  const std::vector<float> faster = change_speed(sine(1000, 16000), 1.25);
  EXPECT_NEAR(static_cast<double>(faster.size()), 12800, 2);
  EXPECT_GT(power_at(faster, 1250), 100 * power_at(faster, 1000));
}

TEST(Effects, ScaleToPeakLeavesSilenceAlone) {
  std::vector<float> samples{0.1f, -0.4f};
  scale_to_peak(samples, 0.8);
  EXPECT_FLOAT_EQ(samples[1], -0.8f);
  EXPECT_FLOAT_EQ(samples[0], 0.2f);
  std::vector<float> silence(3, 0.0f);
  scale_to_peak(silence, 0.8);
  EXPECT_EQ(silence, std::vector<float>(3, 0.0f));
}

TEST(Effects, NoiseFallsByItsColor) {
  constexpr double kFallDb[] = {0, 3, 6};  // an octave
  for (NoiseColor color : {NoiseColor::white, NoiseColor::pink, NoiseColor::brown}) {
    Random random{5, static_cast<std::uint64_t>(color)};
    const std::vector<float> noise = make_noise(color, 32000, random);
    EXPECT_NEAR(rms(noise), 1, 1e-4);
    const double fall = (band_power_db(noise, 500) - band_power_db(noise, 4000)) / 3;
    EXPECT_NEAR(fall, kFallDb[static_cast<int>(color)], 0.8);
  }
}

TEST(Effects, HumStandsOnTheMainsFrequencyAndItsHarmonics) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Random random({seed});
    const std::vector<float> hum = make_hum(16000, 16000, random);
    EXPECT_NEAR(rms(hum), 1, 1e-4);
    const double mains_hz = power_at(hum, 50) > power_at(hum, 60) ? 50 : 60;
    for (int harmonic = 1; harmonic <= 7; ++harmonic) EXPECT_GT(power_at(hum, harmonic * mains_hz), 1000 * power_at(hum, (harmonic + 0.5) * mains_hz)) << harmonic;
  }
}

TEST(Effects, NoiseIsAddedAtTheAskedRatio) {
  const std::vector<float> tone = sine(1000, 16000);
  Random random{9};
  const std::vector<float> noise = make_noise(NoiseColor::white, 5000, random);
  for (double snr_db : {0.0, 10.0, 30.0}) {
    std::vector<float> mixed = tone;
    add_noise(mixed, noise, 4990, rms(tone), snr_db);
    for (std::size_t at = 0; at < mixed.size(); ++at) mixed[at] -= tone[at];
    EXPECT_NEAR(20 * std::log10(rms(tone) / rms(mixed)), snr_db, 0.2);
  }
}

TEST(Effects, RoomKeepsTheDirectSoundAndDecays) {
  Random random{11};
  const RoomResponse room = make_room(200, 6, 16000, random);
  std::vector<float> impulse(8000, 0.0f);
  impulse[0] = 1;
  const std::vector<float> heard = apply_room(impulse, room);
  EXPECT_FLOAT_EQ(heard[0], 1.0f);
  auto energy = [&](std::size_t from, std::size_t to) {
    double sum = 0;
    for (std::size_t at = from; at < to; ++at) sum += static_cast<double>(heard[at]) * heard[at];
    return sum;
  };
  EXPECT_NEAR(10 * std::log10(energy(1, 8000)), -6, 0.5);
  EXPECT_NEAR(10 * std::log10(energy(100, 900) / energy(1700, 2500)), 30, 4);  // half of the decay time later: half of the 60 dB
  EXPECT_EQ(energy(3240, 8000), 0);
}

}  // namespace
}  // namespace qmn
