// SPDX-License-Identifier: Apache-2.0
// Values of int8 and int16 tensors, for the kernels that exist for several types.
#pragma once

#include "oracle.h"

#include <limits>
#include <numeric>

namespace qmn::oracle {

/// Random, with the extremes of the type among them.
template <class T>
std::vector<T> random_values(Random& random, std::int32_t count) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) {
    value = static_cast<T>(between(random, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    if (random.uniform_int(8) == 0) value = random.uniform_int(2) == 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
  }
  return values;
}

template <class T>
std::vector<T> every_value() {
  std::vector<T> values(std::size_t{1} << (8 * sizeof(T)));
  std::iota(values.begin(), values.end(), std::numeric_limits<T>::min());
  return values;
}

/// Room for `count` values with a margin on both sides that the kernel must leave alone.
template <class T>
class GuardedValues {
 public:
  explicit GuardedValues(std::size_t count) : values_(count + 2 * kMargin, kMark) {}
  T* data() { return values_.data() + kMargin; }
  std::vector<T> take() const {
    for (std::size_t i = 0; i < kMargin; ++i) {
      EXPECT_EQ(values_[i], kMark) << "written in front of the output";
      EXPECT_EQ(values_[values_.size() - 1 - i], kMark) << "written behind the output";
    }
    return {values_.begin() + kMargin, values_.end() - kMargin};
  }
  static constexpr T kMark = 0x5a;

 private:
  static constexpr std::size_t kMargin = 64;
  std::vector<T> values_;
};

struct Clips {
  std::int16_t low, high;
};
/// The whole range of the type, a ReLU, or some other interval.
template <class T>
Clips random_clips(Random& random) {
  constexpr std::int16_t kLow = std::numeric_limits<T>::min(), kHigh = std::numeric_limits<T>::max();
  switch (random.uniform_int(4)) {
    case 0: return {0, kHigh};
    case 1: return {static_cast<std::int16_t>(between(random, kLow, 0)), static_cast<std::int16_t>(between(random, 0, kHigh))};
    default: return {kLow, kHigh};
  }
}

/// floor(value · 2^-shift + 1/2), clipped; exact, as a double holds 53 bits.
template <class T>
T rounded(double value, int shift, Clips clips) {
  return static_cast<T>(std::clamp(std::floor(std::ldexp(value, -shift) + 0.5), real(clips.low), real(clips.high)));
}

}  // namespace qmn::oracle
