// SPDX-License-Identifier: Apache-2.0
// data/background.h   Noise recordings: what silence examples are made of, and what is mixed under speech.
//
// Without recordings there is nothing to mix, and a silence example is white noise of a few units of the 16-bit scale.
#pragma once

#include "base/random.h"
#include "data/clip_files.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace qmn {

/// One silence example in this many is digital silence: every sample 0.
inline constexpr std::uint64_t kDigitalSilenceEvery = 4;

class Background {
 public:
  /// Reads the recordings; broken ones are left out (see outcomes()).
  Background(std::span<const std::filesystem::path> paths, int sample_rate_hz);

  bool is_empty() const { return recordings_.empty(); }
  const std::vector<FileOutcome>& outcomes() const { return outcomes_; }

  /// Adds volume × a random stretch of a random recording; one that is shorter than the clip is repeated. Nothing when is_empty().
  void mix_into(std::span<float> clip, double volume, Random& random) const;

  /// A silence example that is not digital silence: a stretch at a volume within [lowest_volume, 1].
  std::vector<float> silence(std::size_t sample_count, double lowest_volume, Random& random) const;

 private:
  std::vector<std::vector<std::int16_t>> recordings_;
  std::vector<FileOutcome> outcomes_;
};

}  // namespace qmn
