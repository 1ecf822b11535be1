// SPDX-License-Identifier: Apache-2.0
// engine/straight_through.h   Fake-quant with a gradient. Inside the module only: torch types.
#pragma once

#include "qformat/qformat.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace qmn {

/// sat(floor(x · 2^n + 0.5)) · 2^-n. The gradient passes where rounding alone stays within the format, and is zero where it saturates.
/// `log2_threshold` is a scalar that stands for int_bits, or undefined: only its gradient is of interest (rounding.h, threshold_slope).
at::Tensor fake_quantize_straight_through(const at::Tensor& reals, QFormat format, const at::Tensor& log2_threshold = {});
/// A parameter, channel by channel along its first dimension; one entry of frac_bits stands for the whole tensor. The threshold is that of
/// all channels, which move together.
at::Tensor fake_quantize_straight_through(const at::Tensor& reals, int total_bits, const std::vector<int>& frac_bits, const at::Tensor& log2_threshold = {});

}  // namespace qmn
