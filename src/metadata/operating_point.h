// SPDX-License-Identifier: Apache-2.0
// metadata/operating_point.h   When a word counts as heard in a stream: the settings of runtime/qmn_decision.h, and how often the network runs.
#pragma once

#include <cstdint>
#include <vector>

namespace qmn {

struct OperatingPoint {
  static constexpr int kMostFrames = 1'000'000;  ///< of an interval or a rest
  static constexpr int kMostSmoothing = 255;
  static constexpr int kMostThreshold = 127;     ///< the largest score

  int interval_frames = 1;               ///< the network runs every so many frames
  int smoothing_count = 1;               ///< scores that are averaged, 1 … kMostSmoothing
  int rest_frames = 0;                   ///< behind a word nothing is heard for so long
  std::vector<std::uint8_t> thresholds;  ///< [class], Q0.7; 0: never heard
  friend bool operator==(const OperatingPoint&, const OperatingPoint&) = default;
};

}  // namespace qmn
