// SPDX-License-Identifier: Apache-2.0
// quantize/observer.h   What values each activation takes over the calibration clips, and what drives its range.
#pragma once

#include "graph/graph.h"
#include "qformat/qformat.h"
#include "quantize/calibration_mask.h"
#include "quantize/histogram.h"
#include "quantize/layers.h"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace qmn {

/// How the values of one clip fall on channels: value i belongs to channel i / stride % count. The channel is dimension 1, or the last
/// one where dimension 1 is 1: the coefficients of features.
struct ChannelLayout {
  std::size_t count = 1, stride = 1;
  std::size_t channel_of(std::size_t index) const { return index / stride % count; }
};
ChannelLayout channel_layout(const Shape& shape);  ///< of a value of that shape

/// The value that is farthest from 0, and where it was.
struct Extreme {
  float value = 0;
  std::int64_t clip = -1;  ///< row of the calibration clips; -1: no value but 0 was seen, or the tensor is no activation
  std::size_t channel = 0;
};

/// The values of one tensor: their range, how many lie in each octave, and their histogram.
struct ObservedRange {
  float min = 0, max = 0;  ///< 0 is always inside
  std::int64_t count = 0;
  std::array<std::int64_t, 256> octaves{};  ///< by the exponent field of IEEE single: octave e holds 2^(e-127) <= |x| < 2^(e-126)
  Histogram histogram;
  Extreme largest;
  std::vector<float> channel_max_abs;       ///< of activations
  double average_max_abs = 0;               ///< moving average, over the clips, of the largest |x| of a clip (average_clip)
  double max_abs() const;
  /// Share of values with |x| >= 2^int_bits: those that saturate in the format.
  double saturating_share(QFormat format) const;
  void add(std::span<const float> reals);
  /// As TensorFlow's moving average, without its bias towards the start: the k-th clip counts max(1/k, 1 - kAverageMomentum).
  void average_clip(double clip_max_abs);

 private:
  std::int64_t averaged_clips_ = 0;
};
inline constexpr double kAverageMomentum = 0.98;  ///< of the moving average, batch by batch

class RangeObserver {
 public:
  RangeObserver(const Graph& prepared, const CalibrationMask& mask) : graph_(prepared), mask_(mask) {}

  /// For Evaluator::run_observed. Error (data) names a value that becomes infinite or NaN.
  void observe(ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count);

  const ObservedRange& range(ValueId value) const;
  /// Of tied values: they are equal, or, in a Scan, some of them are a part of the others; the farthest-reaching one stands for all.
  const ObservedRange& range(const TiedValues& values) const;
  const ObservedRange& silent_input_range() const { return silent_input_; }  ///< of the input frames that were left out

 private:
  const Graph& graph_;
  const CalibrationMask& mask_;
  std::map<ValueId, ObservedRange> ranges_;
  ObservedRange silent_input_;
};

}  // namespace qmn
