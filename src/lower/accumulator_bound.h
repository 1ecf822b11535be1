// SPDX-License-Identifier: Apache-2.0
// lower/accumulator_bound.h   Proof that an accumulator stays within int32 for every input.
//   |acc| <= A · Σ|w| + |bias| · 2^bias_shift + (1 << out_shift >> 1), of each output channel, with its actual weights;
//   A = 128 for an int8 input, 32768 for int16.
// Every partial sum, in any order, has the same bound.
#pragma once

#include "program/program.h"

#include <cstdint>
#include <string>

namespace qmn {

struct AccumulatorBound {
  std::int64_t largest = 0;  ///< over the channels
  int channel = 0;           ///< where
};

AccumulatorBound accumulator_bound(const Conv2dKernel& kernel, QFormat input);
AccumulatorBound accumulator_bound(const DepthwiseConv2dKernel& kernel, QFormat input);
AccumulatorBound accumulator_bound(const FullyConnectedKernel& kernel, QFormat input);

/// |left| · |left_factor| + |right| · |right_factor| + (1 << out_shift >> 1), of the types of the operands, of a constant its values.
std::int64_t largest_sum(const Program& program, const AddKernel& kernel);

/// Error (data) naming `title` when the bound exceeds int32.
void prove_int32(const AccumulatorBound& bound, const std::string& title);

/// Average pool: 2 · A · count · 2^left_shift + count · 2^right_shift < 2^31 (runtime/qmn_kernels.h). Error (data) naming `title`.
void prove_int32(const AveragePool2dKernel& kernel, QFormat input, const std::string& title);

}  // namespace qmn
