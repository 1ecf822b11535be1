// SPDX-License-Identifier: Apache-2.0
// Kernels with weights: each exists for int8 and int16 on both sides, with one shift or one for each output channel.
#pragma once

#include "typed_values.h"

#include <array>

namespace qmn::oracle {

/// The shift and the clips behind the sum, as the kernel reads them and as the oracle does.
template <class Out>
class RandomEpilogue {
 public:
  /// Every out_shift is met; small ones saturate, large ones leave 0 and -1.
  RandomEpilogue(Random& random, std::int32_t channels, bool is_per_channel) {
    const Clips clips = random_clips<Out>(random);
    view_.clip_min = clips.low;
    view_.clip_max = clips.high;
    const std::int32_t shared = between(random, 0, 30);
    for (std::int32_t channel = 0; channel < channels; ++channel)
      shifts_.push_back(static_cast<std::uint8_t>(is_per_channel ? between(random, 0, 30) : shared));
    if (is_per_channel) view_.out_shifts = shifts_.data();
    else view_.out_shift = shared;
  }
  RandomEpilogue(const RandomEpilogue&) = delete;
  RandomEpilogue& operator=(const RandomEpilogue&) = delete;

  const qmn_epilogue& view() const { return view_; }
  Out operator()(std::int64_t accumulator, std::int64_t channel) const {
    return rounded<Out>(real(accumulator), shifts_.at(static_cast<std::size_t>(channel)), {view_.clip_min, view_.clip_max});
  }

 private:
  std::vector<std::uint8_t> shifts_;
  qmn_epilogue view_{};
};

/// Weights of any value, unless so many int16 inputs meet in one sum that it could leave int32: then smaller ones.
template <class In>
Bytes random_weights(Random& random, std::int64_t count, std::int64_t per_sum) {
  Bytes weights = random_bytes(random, count);
  const std::int64_t largest = (std::int64_t{1} << 30) / (per_sum << (8 * sizeof(In) - 1));
  if (largest >= 128) return weights;
  for (std::int8_t& weight : weights) weight = static_cast<std::int8_t>(weight % (largest + 1));
  return weights;
}

/// The value of an image at (y, x, c); 0 outside.
template <class In>
std::int64_t pixel_of(const std::vector<In>& image, const qmn_conv2d& l, std::int64_t y, std::int64_t x, std::int64_t c) {
  if (y < 0 || x < 0 || y >= l.in_h || x >= l.in_w) return 0;
  return image.at(static_cast<std::size_t>((y * l.in_w + x) * l.in_c + c));
}

template <class Layer, class In, class Out>
using KernelFunction = void (*)(const Layer*, const In*, Out*);

/// The two functions of one pair of types: [is_per_channel]
template <class Layer, class In, class Out>
using KernelPair = std::array<KernelFunction<Layer, In, Out>, 2>;

}  // namespace qmn::oracle
