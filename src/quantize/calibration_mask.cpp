// SPDX-License-Identifier: Apache-2.0
#include "quantize/calibration_mask.h"

#include "base/check.h"

#include <algorithm>

namespace qmn {

CalibrationMask::CalibrationMask(const Graph& prepared, const FeatureSet& calibration, bool keeps_silent_frames) : input_(prepared.input) {
  const auto clips = static_cast<std::size_t>(calibration.row_count());
  if (keeps_silent_frames || clips == 0 || calibration.silent_frames.empty()) return;
  QMN_CHECK(calibration.silent_frames.size() % clips == 0, "silent_frames holds [row][frame]");
  silent_frames_ = calibration.silent_frames;
  frames_per_clip_ = silent_frames_.size() / clips;
  is_silent_clip_.resize(clips);
  for (std::size_t clip = 0; clip < clips; ++clip) {
    const auto frames = silent_frames_.subspan(clip * frames_per_clip_, frames_per_clip_);
    const auto silent = std::ranges::count_if(frames, [](std::uint8_t is_silent) { return is_silent != 0; });
    silent_frame_count_ += silent;
    is_silent_clip_[clip] = static_cast<std::size_t>(silent) == frames_per_clip_;
    silent_clip_count_ += is_silent_clip_[clip] ? 1 : 0;
  }
  if (static_cast<std::size_t>(silent_clip_count_) == clips) {  // silence is all there is: its range is the range
    silent_frames_ = {};
    silent_frame_count_ = silent_clip_count_ = 0;
  }
}

void CalibrationMask::visit(ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count, const Visit& kept, const Visit& left_out) const {
  const std::size_t per_clip = reals.size() / static_cast<std::size_t>(clip_count);
  for (std::int64_t i = 0; i < clip_count; ++i) {
    const std::int64_t clip = first_clip + i;
    const auto values = reals.subspan(static_cast<std::size_t>(i) * per_clip, per_clip);
    if (silent_frames_.empty()) {
      kept(clip, 0, values);
      continue;
    }
    const std::size_t per_frame = per_clip / frames_per_clip_;
    if (value == input_ && per_frame * frames_per_clip_ == per_clip) {
      for (std::size_t frame = 0; frame < frames_per_clip_; ++frame) {
        const bool is_silent = silent_frames_[static_cast<std::size_t>(clip) * frames_per_clip_ + frame] != 0;
        (is_silent ? left_out : kept)(clip, frame * per_frame, values.subspan(frame * per_frame, per_frame));
      }
    } else {
      (is_silent_clip_[static_cast<std::size_t>(clip)] ? left_out : kept)(clip, 0, values);
    }
  }
}

}  // namespace qmn
