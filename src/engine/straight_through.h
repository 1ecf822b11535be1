// SPDX-License-Identifier: Apache-2.0
// engine/straight_through.h   Fake-quant with a gradient. Inside the module only: torch types.
#pragma once

#include "qformat/qformat.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace qmn {

/// sat(floor(x · 2^n + 0.5)) · 2^-n. The gradient passes where rounding alone stays within the format, and is zero where it saturates.
at::Tensor fake_quantize_straight_through(const at::Tensor& reals, QFormat format);
/// A parameter, channel by channel along its first dimension; one entry of frac_bits stands for the whole tensor.
at::Tensor fake_quantize_straight_through(const at::Tensor& reals, int total_bits, const std::vector<int>& frac_bits);

}  // namespace qmn
