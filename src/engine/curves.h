// SPDX-License-Identifier: Apache-2.0
// engine/curves.h   Sigmoid and tanh of fixed-point values as the integer kernels compute them.
#pragma once

#include "qformat/curve.h"

#include <span>

namespace qmn {

/// out[i] = the kernel's output for in[i], which lies on the grid of `in_format`. Any number of threads may call it.
void look_up(Curve curve, QFormat in_format, QFormat out_format, std::span<const float> in, std::span<float> out);

}  // namespace qmn
