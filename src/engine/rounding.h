// SPDX-License-Identifier: Apache-2.0
// engine/rounding.h   The fixed-point arithmetic of fake-quant on plain arrays: what the integer kernels compute, in reals.
#pragma once

#include "graph/graph.h"
#include "qformat/qformat.h"

#include <optional>
#include <span>

namespace qmn {

/// reals[i] = sat(floor(reals[i] · 2^n + 0.5)) · 2^-n, in place; equal to qformat's fake_quantize for every float. The activation comes
/// first.
void round_to_format(std::span<float> reals, QFormat format, Activation activation);

/// A parameter, channel by channel along its first dimension; one entry of frac_bits stands for the whole tensor.
void round_channels(std::span<float> reals, int total_bits, std::span<const int> frac_bits);

/// The same of numbers in double, rounded once.
void round_to_format(std::span<const double> reals, std::span<float> rounded, QFormat format, Activation activation);

/// The activation alone, in place.
void activate(std::span<float> reals, Activation activation);

/// Straight-through: out[i] = slopes[i] where rounding reals[i] alone stays within the format, and 0 where it saturates.
void pass_inside(std::span<const float> reals, std::span<const float> slopes, QFormat format, std::span<float> out);

/// Σ slopes[i] · ∂q(reals[i])/∂log2 t of a trained threshold t = 2^int_bits (Jain et al. 2019, arXiv 1903.08066):
/// step·ln 2 · (round(x/step) − x/step) inside the format, step·ln 2 · raw_min below it, step·ln 2 · raw_max above.
double threshold_slope(std::span<const float> reals, std::span<const float> slopes, QFormat format);

/// Average pool of `planes` images of in_h × in_w, over the part of the window inside the image. The mean is taken in double and, when the
/// output has a format, rounded from there: the integer kernel's value for fixed-point inputs.
void average_pool(const AveragePool2d& node, std::span<const float> input, std::int64_t planes, std::int64_t in_h, std::int64_t in_w,
                  std::span<float> output, std::int64_t out_h, std::int64_t out_w, std::optional<QFormat> output_format);

/// The integer softmax (runtime/qmn_kernels.h) of rows of 8- or 16-bit values: tables of rounded exponentials, Q0.7 out.
void fixed_point_softmax(std::span<float> reals, std::int64_t row_length, QFormat input_format);

}  // namespace qmn
