// SPDX-License-Identifier: Apache-2.0
#include "data/augment.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

/// Plays `samples` at `speed` times their speed.
std::vector<float> change_speed(std::span<const std::int16_t> samples, double speed) {
  const auto last = static_cast<double>(samples.size() - 1);
  std::vector<float> result(static_cast<std::size_t>(std::floor(last / speed)) + 1);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const double position = static_cast<double>(i) * speed;
    const auto left = std::min(static_cast<std::size_t>(position), samples.size() - 1);
    const std::size_t right = std::min(left + 1, samples.size() - 1);
    const auto fraction = static_cast<float>(position - static_cast<double>(left));
    result[i] = from_pcm16(samples[left]) * (1.0f - fraction) + from_pcm16(samples[right]) * fraction;
  }
  return result;
}

std::vector<float> to_real(std::span<const std::int16_t> samples) {
  std::vector<float> result(samples.size());
  std::transform(samples.begin(), samples.end(), result.begin(), from_pcm16);
  return result;
}

/// Moves the clip later (positive) or earlier; zeros move in.
void shift_clip(std::vector<float>& clip, std::ptrdiff_t shift) {
  const auto size = static_cast<std::ptrdiff_t>(clip.size());
  shift = std::clamp(shift, -size, size);
  if (shift > 0) {
    std::move_backward(clip.begin(), clip.end() - shift, clip.end());
    std::fill(clip.begin(), clip.begin() + shift, 0.0f);
  } else if (shift < 0) {
    std::move(clip.begin() - shift, clip.end(), clip.begin());
    std::fill(clip.end() + shift, clip.end(), 0.0f);
  }
}

void check_range(const char* name, double value, double low, double high) {
  if (!(value >= low && value <= high)) fail_usage("augmentation: {} is {}, {} to {} is possible", name, value, low, high);
}

}  // namespace

void check_augment(const AugmentSettings& settings) {
  check_range("time_shift_ms", settings.time_shift_ms, 0, 60000);
  check_range("background_frequency", settings.background_frequency, 0, 1);
  check_range("background_volume", settings.background_volume, 0, 1);
  check_range("gain_db", settings.gain_db, 0, 60);
  check_range("speed_percent", settings.speed_percent, 0, 50);
  check_range("time_mask_frames", settings.time_mask_frames, 0, 1e6);
  check_range("coefficient_mask", settings.coefficient_mask, 0, 1e6);
}

std::vector<float> fit_clip(std::span<const std::int16_t> samples, std::size_t clip_samples) {
  std::vector<float> clip = to_real(samples.first(std::min(samples.size(), clip_samples)));
  clip.resize(clip_samples, 0.0f);
  return clip;
}

std::vector<float> augment_clip(std::span<const std::int16_t> samples, std::size_t clip_samples, int sample_rate_hz, const AugmentSettings& settings,
                                const Background& background, Random& random) {
  const double speed = 1.0 + settings.speed_percent / 100.0 * random.uniform(-1, 1);
  std::vector<float> clip = settings.speed_percent > 0 && !samples.empty() ? change_speed(samples, speed) : to_real(samples);
  if (clip.size() > clip_samples) {
    const auto skipped = static_cast<std::ptrdiff_t>(random.uniform_int(clip.size() - clip_samples + 1));
    clip.erase(clip.begin(), clip.begin() + skipped);
  }
  clip.resize(clip_samples, 0.0f);

  const auto reach = static_cast<std::int64_t>(std::floor(settings.time_shift_ms * sample_rate_hz / 1000.0));
  shift_clip(clip, static_cast<std::ptrdiff_t>(random.uniform_int(static_cast<std::uint64_t>(2 * reach + 1))) - reach);

  const double gain_db = settings.gain_db * random.uniform(-1, 1);
  if (settings.gain_db > 0) {
    const auto gain = static_cast<float>(std::pow(10.0, gain_db / 20.0));
    for (float& sample : clip) sample *= gain;
  }

  const bool has_noise = random.uniform() < settings.background_frequency;
  const double volume = random.uniform(0, settings.background_volume);
  if (has_noise) background.mix_into(clip, volume, random);
  return clip;
}

void round_to_pcm16(std::span<float> clip) {
  for (float& sample : clip) sample = from_pcm16(to_pcm16(sample));
}

void mask_features(std::span<float> features, std::size_t coefficient_count, const AugmentSettings& settings, Random& random) {
  if (features.empty() || (settings.time_mask_frames == 0 && settings.coefficient_mask == 0)) return;
  const std::size_t frame_count = features.size() / coefficient_count;
  std::vector<double> means(coefficient_count, 0.0);
  for (std::size_t i = 0; i < features.size(); ++i) means[i % coefficient_count] += static_cast<double>(features[i]);
  for (double& mean : means) mean /= static_cast<double>(frame_count);

  /// A stretch of 0 … `longest` of `count` places.
  auto draw = [&random](int longest, std::size_t count) {
    const std::size_t length = random.uniform_int(std::min(static_cast<std::size_t>(longest), count) + 1);
    const std::size_t begin = random.uniform_int(count - length + 1);
    return std::pair{begin, begin + length};
  };
  const auto [first_frame, end_frame] = draw(settings.time_mask_frames, frame_count);
  const auto [first_coefficient, end_coefficient] = draw(settings.coefficient_mask, coefficient_count);
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::size_t frame = i / coefficient_count, c = i % coefficient_count;
    if ((frame >= first_frame && frame < end_frame) || (c >= first_coefficient && c < end_coefficient)) features[i] = static_cast<float>(means[c]);
  }
}

}  // namespace qmn
