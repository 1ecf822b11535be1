// SPDX-License-Identifier: Apache-2.0
// import/window.h   Kernel, strides, dilations and padding of a convolution or pool, however the file says them.
//   extent:  out = floor((in + before + after - (dilation · (kernel - 1) + 1)) / stride) + 1, ceil with ceil_mode    (ONNX Conv, MaxPool)
//   SAME:    out = ceil(in / stride); SAME_UPPER puts the odd one at the end, SAME_LOWER at the start
#pragma once

#include "import/operators.h"

namespace qmn {

struct Window {
  std::vector<std::int64_t> kernel, strides, dilations, before, after;  ///< one number a spatial dimension
  std::vector<std::int64_t> out;                                       ///< the extents that come out
  /// What ceil_mode adds: the last window reaches that far beyond the padded input.
  std::vector<std::int64_t> overhang;
};

/// `in`: N x C x the spatial extents. Error (data), naming the node: lists of the wrong length, a kernel beyond the input.
Window window_of(const OperatorCall& call, const Shape& in, const std::vector<std::int64_t>& kernel);

}  // namespace qmn
