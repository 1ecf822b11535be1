// SPDX-License-Identifier: Apache-2.0
#include "audio/sound_block.h"

#include "base/error.h"

#include <cmath>

namespace qmn {
namespace {

constexpr int kMinRateHz = 1000;
constexpr int kMaxRateHz = 768000;

}  // namespace

std::string sound_error(SNDFILE* file) {
  std::string text = sf_strerror(file);
  while (!text.empty() && (text.back() == '.' || text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void check_source_rate(int rate_hz, const std::string& name) {
  if (rate_hz < kMinRateHz || rate_hz > kMaxRateHz) fail_data("{}: says a sample rate of {} Hz, {} to {} Hz can be read", name, rate_hz, kMinRateHz, kMaxRateHz);
}

void check_finite(std::span<const float> samples, const std::string& name) {
  if (!std::ranges::all_of(samples, [](float value) { return std::isfinite(value); })) {
    fail_data("{}: holds samples that are no finite numbers; write it anew as 16-bit WAV", name);
  }
}

std::vector<float> mix_down(std::span<const float> interleaved, std::size_t channels) {
  std::vector<float> mono(interleaved.size() / channels);
  for (std::size_t frame = 0; frame < mono.size(); ++frame) {
    double sum = 0;
    for (std::size_t channel = 0; channel < channels; ++channel) sum += static_cast<double>(interleaved[frame * channels + channel]);
    mono[frame] = static_cast<float>(sum / static_cast<double>(channels));
  }
  return mono;
}

}  // namespace qmn
