// SPDX-License-Identifier: Apache-2.0
// stream/detection.h   A word that was heard in a stream, and when.
#pragma once

#include "metadata/metadata.h"

#include <cstdint>

namespace qmn {

struct Detection {
  int word = 0;             ///< index of the class
  int score = 0;            ///< mean of the smoothed scores, Q0.7
  std::uint32_t frame = 0;  ///< the last one that the network saw
  friend bool operator==(const Detection&, const Detection&) = default;
};

inline double real_score(int score) { return score / 128.0; }

/// Seconds from the start of the stream to the end of a frame: a word is heard when its last sample is there.
inline double end_of_frame(std::uint32_t frame, const FrontEndSettings& front_end) {
  return (static_cast<double>(frame) * front_end.hop_samples + front_end.window_samples) / front_end.sample_rate_hz;
}

}  // namespace qmn
