// SPDX-License-Identifier: Apache-2.0
// quantize/calibration_mask.h   Which calibration values count towards ranges.
//
// Frames of digital silence sit at the floor of the logarithm, far outside of what speech and noise reach. They are left out of the
// input's range, and clips that consist of nothing else out of every range, unless `keeps_silent_frames` (or all clips are such).
#pragma once

#include "data/features.h"
#include "graph/graph.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace qmn {

class CalibrationMask {
 public:
  CalibrationMask(const Graph& prepared, const FeatureSet& calibration, bool keeps_silent_frames);

  /// A piece of one clip's values; `first` is the index, within the clip, of the piece's first value.
  using Visit = std::function<void(std::int64_t clip, std::size_t first, std::span<const float> reals)>;
  /// Cuts what Evaluator::run_observed reports into pieces that count and pieces that do not.
  void visit(ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count, const Visit& kept, const Visit& left_out) const;

  std::int64_t silent_frame_count() const { return silent_frame_count_; }  ///< left out, those of silent clips among them
  std::int64_t silent_clip_count() const { return silent_clip_count_; }    ///< left out

 private:
  ValueId input_;
  std::span<const std::uint8_t> silent_frames_;  // [clip][frame]; empty: nothing is left out
  std::size_t frames_per_clip_ = 0;
  std::vector<bool> is_silent_clip_;
  std::int64_t silent_frame_count_ = 0, silent_clip_count_ = 0;
};

}  // namespace qmn
