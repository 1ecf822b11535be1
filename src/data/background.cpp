// SPDX-License-Identifier: Apache-2.0
#include "data/background.h"

#include "base/parallel.h"

namespace qmn {
namespace {

constexpr double kWhiteNoiseUnits = 4;  ///< of the 16-bit scale

}  // namespace

Background::Background(std::span<const std::filesystem::path> paths, int sample_rate_hz) {
  std::vector<ClipFile> files(paths.size());
  parallel_for(paths.size(), [&](std::size_t i) { files[i] = read_clip_file(paths[i], sample_rate_hz); });
  for (ClipFile& file : files) {
    if (!file.outcome.is_broken()) recordings_.push_back(std::move(file.samples));
    outcomes_.push_back(std::move(file.outcome));
  }
}

void Background::mix_into(std::span<float> clip, double volume, Random& random) const {
  if (is_empty()) return;
  const std::vector<std::int16_t>& recording = recordings_[random.uniform_int(recordings_.size())];
  const std::size_t room = recording.size() > clip.size() ? recording.size() - clip.size() + 1 : recording.size();
  std::size_t at = random.uniform_int(room);
  const auto gain = static_cast<float>(volume);
  for (float& sample : clip) {
    sample += gain * from_pcm16(recording[at]);
    if (++at == recording.size()) at = 0;
  }
}

std::vector<float> Background::silence(std::size_t sample_count, double lowest_volume, Random& random) const {
  std::vector<float> clip(sample_count, 0.0f);
  if (is_empty()) {
    for (float& sample : clip) sample = static_cast<float>(random.uniform(-kWhiteNoiseUnits, kWhiteNoiseUnits) / 32768.0);
  } else {
    mix_into(clip, random.uniform(lowest_volume, 1.0), random);
  }
  return clip;
}

}  // namespace qmn
