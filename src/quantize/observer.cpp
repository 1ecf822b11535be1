// SPDX-License-Identifier: Apache-2.0
#include "quantize/observer.h"

#include "base/error.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace qmn {
namespace {

void check_finite(const Graph& graph, ValueId value, std::span<const float> reals) {
  if (!std::ranges::all_of(reals, [](float real) { return std::isfinite(real); })) {
    fail_data("value {} becomes infinite or NaN on the calibration clips: the model is broken, train it again", graph.value(value).name);
  }
}

}  // namespace

ChannelLayout channel_layout(const Shape& shape) {
  ChannelLayout layout;
  if (shape.size() < 2) return layout;
  const std::size_t axis = shape[1] == 1 ? shape.size() - 1 : 1;
  layout.count = static_cast<std::size_t>(shape[axis]);
  for (std::size_t i = axis + 1; i < shape.size(); ++i) layout.stride *= static_cast<std::size_t>(shape[i]);
  return layout;
}

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
  histogram.add(reals);
  count += static_cast<std::int64_t>(reals.size());
}

void ObservedRange::average_clip(double clip_max_abs) {
  const double weight = std::max(1.0 / static_cast<double>(++averaged_clips_), 1 - kAverageMomentum);
  average_max_abs += weight * (clip_max_abs - average_max_abs);
}

void RangeObserver::observe(ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count) {
  check_finite(graph_, value, reals);
  ObservedRange& range = ranges_[value];
  const ChannelLayout layout = channel_layout(graph_.shape(value));
  range.channel_max_abs.resize(layout.count);
  double clip_max_abs = 0;
  std::int64_t last_clip = -1;
  const auto end_clip = [&] {
    if (last_clip >= 0) range.average_clip(clip_max_abs);
    clip_max_abs = 0;
  };
  const auto keep = [&](std::int64_t clip, std::size_t first, std::span<const float> kept) {
    range.add(kept);
    if (clip != last_clip) end_clip();
    last_clip = clip;
    for (std::size_t start = 0, end = 0; start < kept.size(); start = end) {  // runs of one channel
      const std::size_t channel = layout.channel_of(first + start);
      end = std::min(kept.size(), start + layout.stride - (first + start) % layout.stride);
      const auto farther = [](float a, float b) { return std::fabs(a) < std::fabs(b); };
      const float largest = *std::max_element(kept.begin() + static_cast<std::ptrdiff_t>(start), kept.begin() + static_cast<std::ptrdiff_t>(end), farther);
      range.channel_max_abs[channel] = std::max(range.channel_max_abs[channel], std::fabs(largest));
      clip_max_abs = std::max(clip_max_abs, static_cast<double>(std::fabs(largest)));
      if (farther(range.largest.value, largest)) range.largest = {largest, clip, channel};
    }
  };
  const auto leave_out = [&](std::int64_t, std::size_t, std::span<const float> left_out) {
    if (value == graph_.input) silent_input_.add(left_out);
  };
  mask_.visit(value, reals, first_clip, clip_count, keep, leave_out);
  end_clip();
}

const ObservedRange& RangeObserver::range(const TiedValues& values) const {
  return range(*std::ranges::max_element(values, {}, [&](ValueId value) { return range(value).max_abs(); }));
}

const ObservedRange& RangeObserver::range(ValueId value) const {
  static const ObservedRange kNothing;
  const auto found = ranges_.find(value);
  return found == ranges_.end() ? kNothing : found->second;
}

}  // namespace qmn
