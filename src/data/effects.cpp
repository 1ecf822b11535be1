// SPDX-License-Identifier: Apache-2.0
#include "data/effects.h"

#include "audio/wav.h"
#include "base/check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace qmn {
namespace {

double peak_of(std::span<const float> samples) {
  double peak = 0;
  for (float sample : samples) peak = std::max(peak, std::abs(static_cast<double>(sample)));
  return peak;
}

void scale(std::span<float> samples, double factor) {
  for (float& sample : samples) sample = static_cast<float>(sample * factor);
}

void scale_to_unit_rms(std::span<float> samples) {
  const double level = rms(samples);
  if (level > 0) scale(samples, 1 / level);
}

}  // namespace

double rms(std::span<const float> samples) {
  double sum = 0;
  for (float sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

std::span<const float> trim_silence(std::span<const float> samples, double threshold_db, std::size_t margin) {
  const double threshold = peak_of(samples) * std::pow(10.0, -threshold_db / 20);
  const auto is_loud = [&](float sample) { return std::abs(static_cast<double>(sample)) > threshold; };
  const auto first = static_cast<std::size_t>(std::find_if(samples.begin(), samples.end(), is_loud) - samples.begin());
  if (first == samples.size()) return samples.first(0);
  const auto quiet_tail = static_cast<std::size_t>(std::find_if(samples.rbegin(), samples.rend(), is_loud) - samples.rbegin());
  const std::size_t begin = first - std::min(first, margin);
  const std::size_t end = std::min(samples.size(), samples.size() - quiet_tail + margin);
  return samples.subspan(begin, end - begin);
}

std::vector<float> change_speed(std::span<const float> samples, double factor) {
  constexpr double kAnyRate = 16000;
  return resample(samples, kAnyRate * factor, kAnyRate);
}

std::vector<float> place(std::span<const float> sound, std::size_t length, std::size_t offset) {
  std::vector<float> placed(length, 0.0f);
  if (offset < length)
    std::copy_n(sound.begin(), std::min(sound.size(), length - offset), placed.begin() + static_cast<std::ptrdiff_t>(offset));
  return placed;
}

void scale_to_peak(std::span<float> samples, double peak) {
  const double present = peak_of(samples);
  if (present > 0) scale(samples, peak / present);
}

std::vector<float> make_noise(NoiseColor color, std::size_t count, Random& random) {
  std::vector<float> noise(count);
  // Pink: six one-pole filters whose sum falls by 3 dB an octave within 0.5 dB over the audible range (the well-known constants of P.
  // Kellet).
  constexpr std::array<double, 6> kPole{0.99886, 0.99332, 0.96900, 0.86650, 0.55000, -0.7616};
  constexpr std::array<double, 6> kGain{0.0555179, 0.0750759, 0.1538520, 0.3104856, 0.5329522, -0.0168980};
  std::array<double, 6> state{};
  double delayed = 0, integral = 0;
  for (float& sample : noise) {
    const double white = random.normal();
    switch (color) {
      case NoiseColor::white:
        sample = static_cast<float>(white);
        break;
      case NoiseColor::pink: {
        double sum = white * 0.5362 + delayed;
        for (std::size_t i = 0; i < state.size(); ++i) sum += state[i] = kPole[i] * state[i] + kGain[i] * white;
        delayed = white * 0.115926;
        sample = static_cast<float>(sum);
        break;
      }
      case NoiseColor::brown:
        integral = 0.998 * integral + white;  // leaks, so that it does not wander off
        sample = static_cast<float>(integral);
        break;
    }
  }
  scale_to_unit_rms(noise);
  return noise;
}

std::vector<float> make_hum(std::size_t count, int sample_rate_hz, Random& random) {
  constexpr int kHarmonics = 7;
  const double mains_hz = random.uniform() < 0.5 ? 50 : 60;
  std::array<double, kHarmonics> gain{}, phase{};
  for (int harmonic = 0; harmonic < kHarmonics; ++harmonic) {
    gain[static_cast<std::size_t>(harmonic)] = random.uniform(0.3, 1.0) / (harmonic + 1);
    phase[static_cast<std::size_t>(harmonic)] = random.uniform(0, 2 * std::numbers::pi);
  }
  std::vector<float> hum(count);
  for (std::size_t at = 0; at < count; ++at) {
    double sum = 0;
    for (int harmonic = 0; harmonic < kHarmonics; ++harmonic) {
      const double radians = 2 * std::numbers::pi * mains_hz * (harmonic + 1) * static_cast<double>(at) / sample_rate_hz;
      sum += gain[static_cast<std::size_t>(harmonic)] * std::sin(radians + phase[static_cast<std::size_t>(harmonic)]);
    }
    hum[at] = static_cast<float>(sum);
  }
  scale_to_unit_rms(hum);
  return hum;
}

void add_noise(std::span<float> samples, std::span<const float> noise, std::size_t offset, double sound_rms, double snr_db) {
  QMN_CHECK(!noise.empty(), "there is noise to add");
  const double level = rms(noise);
  if (level == 0) return;
  const double gain = sound_rms * std::pow(10.0, -snr_db / 20) / level;
  for (std::size_t at = 0; at < samples.size(); ++at) samples[at] += static_cast<float>(gain * noise[(offset + at) % noise.size()]);
}

RoomResponse make_room(double decay_ms, double direct_to_reverberant_db, int sample_rate_hz, Random& random) {
  constexpr double kPulsesPerSecond = 2000;
  constexpr double kFirstEchoMs = 2;
  const double spacing = sample_rate_hz / kPulsesPerSecond;
  const double last = decay_ms * sample_rate_hz / 1000;
  RoomResponse room;
  double energy = 0;
  for (double start = kFirstEchoMs * sample_rate_hz / 1000; start < last; start += spacing) {
    const double delay = start + random.uniform(0, spacing);
    const double sign = random.uniform() < 0.5 ? -1 : 1;
    const double gain = sign * std::pow(10.0, -3 * delay / last);  // -60 dB at `last`
    room.pulses.push_back({static_cast<std::size_t>(delay), static_cast<float>(gain)});
    energy += gain * gain;
  }
  if (energy > 0) {
    const double factor = std::sqrt(std::pow(10.0, -direct_to_reverberant_db / 10) / energy);
    for (RoomResponse::Pulse& pulse : room.pulses) pulse.gain = static_cast<float>(pulse.gain * factor);
  }
  room.pulses.insert(room.pulses.begin(), {0, 1.0f});
  return room;
}

std::vector<float> apply_room(std::span<const float> samples, const RoomResponse& room) {
  std::vector<float> heard(samples.size(), 0.0f);
  for (const RoomResponse::Pulse& pulse : room.pulses) {
    for (std::size_t at = pulse.delay; at < samples.size(); ++at) heard[at] += pulse.gain * samples[at - pulse.delay];
  }
  return heard;
}

}  // namespace qmn
