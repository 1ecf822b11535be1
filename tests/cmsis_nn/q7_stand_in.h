// SPDX-License-Identifier: Apache-2.0
// tests/cmsis_nn/q7_stand_in.h   The stand-in of the q7 API for C++.
#pragma once

extern "C" {
#include "q7/arm_nnfunctions.h"
}

#include <cstdint>
#include <vector>

namespace qmn {

using Bytes = std::vector<std::int8_t>;

/// Scratch of `count` values of 16 bits, with guards that must survive.
class Scratch {
 public:
  explicit Scratch(std::size_t count) : values_(count + 2, kGuard) {}
  std::int16_t* data() { return values_.data() + 1; }
  bool is_intact() const { return values_.front() == kGuard && values_.back() == kGuard; }

 private:
  static constexpr std::int16_t kGuard = 0x5A5A;
  std::vector<std::int16_t> values_;
};

struct Window {
  std::uint16_t in_h, in_w, in_c, out_h, out_w, out_c, kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, bias_shift, out_shift;
};

using Convolution = decltype(&arm_convolve_HWC_q7_basic_nonsquare);

/// What a convolution writes; empty where it refuses, or leaves its scratch.
inline Bytes convolve(Convolution function, const Window& w, const Bytes& input, const Bytes& weights, const Bytes& bias) {
  Bytes output(static_cast<std::size_t>(w.out_h) * w.out_w * w.out_c);
  Scratch scratch(2U * w.in_c * w.kernel_h * w.kernel_w);
  const arm_status status = function(input.data(), w.in_w, w.in_h, w.in_c, weights.data(), w.out_c, w.kernel_w, w.kernel_h, w.pad_w, w.pad_h, w.stride_w, w.stride_h, bias.data(),
                                     w.bias_shift, w.out_shift, output.data(), w.out_w, w.out_h, scratch.data(), nullptr);
  return status == ARM_MATH_SUCCESS && scratch.is_intact() ? output : Bytes{};
}

}  // namespace qmn
