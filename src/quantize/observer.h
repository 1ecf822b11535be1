// SPDX-License-Identifier: Apache-2.0
// quantize/observer.h   What values each activation takes over the calibration clips.
#pragma once

#include "graph/graph.h"
#include "qformat/qformat.h"
#include "quantize/calibration_mask.h"

#include <array>
#include <cstdint>
#include <map>
#include <span>

namespace qmn {

/// The values of one activation: their range, and how many lie in each octave.
struct ObservedRange {
  float min = 0, max = 0;  ///< 0 is always inside
  std::int64_t count = 0;
  std::array<std::int64_t, 256> octaves{};  ///< by the exponent field of IEEE single: octave e holds 2^(e-127) <= |x| < 2^(e-126)
  double max_abs() const;
  /// Share of values with |x| >= 2^int_bits: those that saturate in the format.
  double saturating_share(QFormat format) const;
  void add(std::span<const float> reals);
};

class RangeObserver {
 public:
  RangeObserver(const Graph& prepared, const CalibrationMask& mask) : graph_(prepared), mask_(mask) {}

  /// For Evaluator::run_observed. Error (data) names a value that becomes infinite or NaN.
  void observe(ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count);

  const ObservedRange& range(ValueId value) const;
  const ObservedRange& silent_input_range() const { return silent_input_; }  ///< of the input frames that were left out

 private:
  const Graph& graph_;
  const CalibrationMask& mask_;
  std::map<ValueId, ObservedRange> ranges_;
  ObservedRange silent_input_;
};

}  // namespace qmn
