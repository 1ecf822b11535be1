// SPDX-License-Identifier: Apache-2.0
// program/cmsis_nn.h   What CMSIS-NN runs of a Program: which kernels, by which functions, with how much scratch, and why not the others.
//
// A kernel runs in CMSIS-NN only where the library gives the reference's numbers for every input; what it cannot express, or computes
// otherwise, runs the reference (docs/adr/0014-cmsis-nn.md). So the simulator of these variants is that of the reference.
//   cmsis_nn_q7       the legacy API, last in CMSIS 5.9.0: y = sat8((bias·2^bias_shift + Σ x·w + (1 << out_shift >> 1)) >> out_shift)
//   cmsis_nn_s8       the API since then, compiled with CMSIS_NN_USE_SINGLE_ROUNDING: multiplier 2^30 with shift 1 - out_shift is that epilogue
//   cmsis_nn_s8_mve   the same on Helium, which takes other scratch
// Scratch is what the library's documentation and its functions *_get_buffer_size ask for.
#pragma once

#include "program/program.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

/// Of the s8 API: 2^30, one half of a number with 31 fractional bits.
inline constexpr std::int32_t kCmsisNnMultiplier = std::int32_t{1} << 30;

/// Why `kernel` does not run in CMSIS-NN under `variant`, which is one of its: "its bias has 32 bits". Nothing: it does.
std::optional<std::string> cmsis_nn_obstacle(const Program& program, const Kernel& kernel, KernelVariant variant);

// Of kernels without obstacle:

/// The function of CMSIS-NN: "arm_convolve_HWC_q7_fast_nonsquare". A ReLU may follow it, in q7.
std::string cmsis_nn_function(const Program& program, const Kernel& kernel, KernelVariant variant);
std::int64_t cmsis_nn_scratch_bytes(const Program& program, const Kernel& kernel, KernelVariant variant);
/// Weights, biases and, in s8, the shifts of channels.
std::int64_t cmsis_nn_constant_bytes(const Program& program, const Kernel& kernel, KernelVariant variant);

/// Most channels of a layer whose shifts s8 wants one by one: so many multipliers, all equal, are shared by the layers. 0 in q7.
int cmsis_nn_multiplier_count(const Program& program, KernelVariant variant);

/// A matrix [rows][columns] as arm_fully_connected_q7_opt reads it. Of four rows a, b, c, d and four columns 0 … 3 at a time:
///   a0 b0 a2 b2 c0 d0 c2 d2 a1 b1 a3 b3 c1 d1 c3 d3, of the columns left over a b c d; then the rows left over.
std::vector<std::int8_t> cmsis_nn_q7_rows(const std::vector<std::int8_t>& matrix, std::size_t rows, std::size_t columns);

/// Whether any kernel with weights runs in CMSIS-NN.
bool has_cmsis_nn_layer(const Program& program, KernelVariant variant);

}  // namespace qmn
