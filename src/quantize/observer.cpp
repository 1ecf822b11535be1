// SPDX-License-Identifier: Apache-2.0
#include "quantize/observer.h"

#include "base/error.h"

#include <algorithm>
#include <bit>

namespace qmn {

double ObservedRange::max_abs() const { return std::max(-static_cast<double>(min), static_cast<double>(max)); }

double ObservedRange::saturating_share(QFormat format) const {
  if (count == 0) return 0;
  std::int64_t beyond = 0;
  for (int octave = std::clamp(format.int_bits() + 127, 0, 255); octave < 256; ++octave) beyond += octaves[static_cast<std::size_t>(octave)];
  return static_cast<double>(beyond) / static_cast<double>(count);
}

void ObservedRange::add(std::span<const float> reals) {
  for (const float real : reals) {
    min = std::min(min, real);
    max = std::max(max, real);
    ++octaves[(std::bit_cast<std::uint32_t>(real) >> 23) & 0xff];
  }
  count += static_cast<std::int64_t>(reals.size());
}

void RangeObserver::observe(ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count) {
  ObservedRange& range = ranges_[value];
  mask_.visit(value, reals, first_clip, clip_count, [&](std::span<const float> kept) { range.add(kept); },
              [&](std::span<const float> left_out) {
                if (value == graph_.input) silent_input_.add(left_out);
              });
  if (range.octaves[255] > 0) {
    fail_data("value {} becomes infinite or NaN on the calibration clips: the model is broken, train it again", graph_.value(value).name);
  }
}

const ObservedRange& RangeObserver::range(ValueId value) const {
  static const ObservedRange kNothing;
  const auto found = ranges_.find(value);
  return found == ranges_.end() ? kNothing : found->second;
}

}  // namespace qmn
