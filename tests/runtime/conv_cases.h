// SPDX-License-Identifier: Apache-2.0
// Random convolutions for the tests of conv2d and depthwise_conv2d.
#pragma once

#include "oracle.h"

namespace qmn::oracle {

/// Geometry with odd shapes, pads up to past the kernel, strides and dilations; channels are left to the caller.
inline qmn_conv2d random_geometry(Random& random, std::int32_t max_kernel) {
  qmn_conv2d layer{};
  for (;;) {
    layer.in_h = between(random, 1, 9);
    layer.in_w = between(random, 1, 9);
    layer.kernel_h = between(random, 1, max_kernel);
    layer.kernel_w = between(random, 1, max_kernel);
    layer.stride_h = between(random, 1, 3);
    layer.stride_w = between(random, 1, 3);
    layer.dilation_h = random.uniform_int(3) == 0 ? between(random, 2, 3) : 1;
    layer.dilation_w = random.uniform_int(3) == 0 ? between(random, 2, 3) : 1;
    layer.pad_top = between(random, 0, layer.kernel_h);
    layer.pad_left = between(random, 0, layer.kernel_w);
    const std::int32_t pad_bottom = between(random, 0, layer.kernel_h);
    const std::int32_t pad_right = between(random, 0, layer.kernel_w);
    const std::int32_t room_h = layer.in_h + layer.pad_top + pad_bottom - (layer.dilation_h * (layer.kernel_h - 1) + 1);
    const std::int32_t room_w = layer.in_w + layer.pad_left + pad_right - (layer.dilation_w * (layer.kernel_w - 1) + 1);
    if (room_h < 0 || room_w < 0) continue;
    layer.out_h = room_h / layer.stride_h + 1;
    layer.out_w = room_w / layer.stride_w + 1;
    return layer;
  }
}

inline std::string describe(const qmn_conv2d& l) {
  return "in " + std::to_string(l.in_h) + "x" + std::to_string(l.in_w) + "x" + std::to_string(l.in_c) + " out " + std::to_string(l.out_h) +
         "x" + std::to_string(l.out_w) + "x" + std::to_string(l.out_c) + " kernel " + std::to_string(l.kernel_h) + "x" +
         std::to_string(l.kernel_w) + " stride " + std::to_string(l.stride_h) + "," + std::to_string(l.stride_w) + " dilation " +
         std::to_string(l.dilation_h) + "," + std::to_string(l.dilation_w) + " pad " + std::to_string(l.pad_top) + "," +
         std::to_string(l.pad_left);
}

}  // namespace qmn::oracle
