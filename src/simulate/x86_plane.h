// SPDX-License-Identifier: Apache-2.0
// simulate/x86_plane.h   A tensor widened to int16, with the zeros around it that windows reach: kernels step through it without asking where the
// image ends.
#pragma once

#include "program/program.h"

#include <cstddef>
#include <cstdint>

namespace qmn {

struct X86Plane {
  int in_h = 1, in_w = 1, in_c = 1;
  bool is_wide = false;                         ///< int16 input
  int height = 1, width = 1;                    ///< with padding
  int channels = 1;                             ///< values of a pixel: those of the input, each `multiplier` times, filled up with zeros
  int top = 0, left = 0;                        ///< of the image in the plane
  int multiplier = 1;

  /// Values, and what loads of whole vectors may read behind them.
  std::size_t value_count() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width * channels) + 16; }
  void fill(const std::int8_t* input, std::int16_t* plane) const;
};

/// The plane in which all windows of `kernel` lie, with pixels of `channels` values.
template <class K>
X86Plane plane_for(const K& kernel, const ProgramTensor& in, const ProgramTensor& out, int channels, int multiplier = 1) {
  const auto reach = [](int out_extent, int stride, int taps, int dilation) { return (out_extent - 1) * stride + (taps - 1) * dilation + 1; };
  const int height = reach(out.height, kernel.stride_h, kernel.kernel_h, kernel.dilation_h), width = reach(out.width, kernel.stride_w, kernel.kernel_w, kernel.dilation_w);
  return {.in_h = in.height,
          .in_w = in.width,
          .in_c = in.channels,
          .is_wide = in.format.total_bits == 16,
          .height = height > kernel.pad_top + in.height ? height : kernel.pad_top + in.height,
          .width = width > kernel.pad_left + in.width ? width : kernel.pad_left + in.width,
          .channels = channels,
          .top = kernel.pad_top,
          .left = kernel.pad_left,
          .multiplier = multiplier};
}

}  // namespace qmn
