// SPDX-License-Identifier: Apache-2.0
// The kernels' formulas in int64 and double, written as the definitions read: slow, and shared with no other code.
#pragma once

#include "base/random.h"
#include "qmn_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace qmn::oracle {

using Bytes = std::vector<std::int8_t>;

template <class Integer>
double real(Integer value) {
  return static_cast<double>(value);
}

/// floor(value / 2^shift + 1/2), clipped; exact, as a double holds 53 bits.
inline std::int8_t epilogue(std::int64_t accumulator, const qmn_epilogue& e) {
  const double rounded = std::floor(std::ldexp(real(accumulator), -e.out_shift) + 0.5);
  return static_cast<std::int8_t>(std::clamp(rounded, real(e.clip_min), real(e.clip_max)));
}

inline std::int64_t bias(const qmn_bias& bias, std::int64_t channel) {
  if (bias.s32 != nullptr) return bias.s32[channel];
  return static_cast<std::int64_t>(std::ldexp(real(bias.s8[channel]), bias.shift));
}

/// The value of an image at (y, x, c); 0 outside.
inline std::int64_t pixel(const Bytes& image, std::int64_t height, std::int64_t width, std::int64_t channels, std::int64_t y,
                          std::int64_t x, std::int64_t c) {
  if (y < 0 || x < 0 || y >= height || x >= width) return 0;
  return image.at(static_cast<std::size_t>((y * width + x) * channels + c));
}

inline Bytes random_bytes(Random& random, std::int64_t count) {
  Bytes bytes(static_cast<std::size_t>(count));
  for (std::int8_t& byte : bytes) byte = static_cast<std::int8_t>(static_cast<int>(random.uniform_int(256)) - 128);
  return bytes;
}

inline std::int32_t between(Random& random, std::int32_t low, std::int32_t high) {
  return low + static_cast<std::int32_t>(random.uniform_int(static_cast<std::uint64_t>(high - low + 1)));
}

inline std::int32_t one_of(Random& random, const std::vector<std::int32_t>& choices) { return choices[random.uniform_int(choices.size())]; }

/// Random biases of either width, small enough that int32 holds every accumulator of the tests.
struct RandomBias {
  Bytes s8;
  std::vector<std::int32_t> s32;
  qmn_bias view{};
  RandomBias(Random& random, std::int32_t channels) {
    if (random.uniform_int(2) == 0) {
      s8 = random_bytes(random, channels);
      view = {s8.data(), nullptr, between(random, 0, 20)};
    } else {
      for (std::int32_t i = 0; i < channels; ++i) s32.push_back(between(random, -(1 << 24), 1 << 24));
      view = {nullptr, s32.data(), 0};
    }
  }
};

/// An output with a margin on both sides that the kernel must leave alone.
class GuardedOutput {
 public:
  explicit GuardedOutput(std::int64_t count) : bytes_(static_cast<std::size_t>(count) + 2 * kMargin, kMark) {}
  std::int8_t* data() { return bytes_.data() + kMargin; }
  Bytes take() const {
    for (std::size_t i = 0; i < kMargin; ++i) {
      EXPECT_EQ(bytes_[i], kMark) << "written in front of the output";
      EXPECT_EQ(bytes_[bytes_.size() - 1 - i], kMark) << "written behind the output";
    }
    return {bytes_.begin() + kMargin, bytes_.end() - kMargin};
  }

 private:
  static constexpr std::size_t kMargin = 64;
  static constexpr std::int8_t kMark = 0x5a;
  Bytes bytes_;
};

}  // namespace qmn::oracle
