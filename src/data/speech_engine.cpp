// SPDX-License-Identifier: Apache-2.0
#include "data/speech_engine.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace qmn {

std::vector<std::unique_ptr<SpeechEngine>> speech_engines() {
  std::vector<std::unique_ptr<SpeechEngine>> engines;
  engines.push_back(make_espeak_engine());
  engines.push_back(make_flite_engine());
  return engines;
}

std::optional<Audio> read_spoken(const std::filesystem::path& file, int sample_rate_hz) {
  constexpr float kAudible = 0.003f;  // about -50 dB of full scale
  constexpr double kLongestSeconds = 60;
  try {
    Audio audio = read_audio(file, sample_rate_hz, kLongestSeconds);
    const bool is_audible =
        std::any_of(audio.samples.begin(), audio.samples.end(), [](float sample) { return std::abs(sample) > kAudible; });
    return is_audible ? std::optional<Audio>(std::move(audio)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace qmn
