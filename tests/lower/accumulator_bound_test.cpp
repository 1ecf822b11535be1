// SPDX-License-Identifier: Apache-2.0
#include "lower/accumulator_bound.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(AccumulatorBound, IsReachedByTheWorstInput) {
  // Row 1: |-128| + |3| = 131; inputs of -128 with the sign of the weights reach 128 · 131, plus the bias and the rounding.
  FullyConnectedKernel dense;
  dense.weights = {1, 2, -128, 3};
  dense.bias = {.format = {8, 0}, .values = {5, -7}, .shift = 4};
  dense.epilogue.out_shift = 6;
  const AccumulatorBound bound = accumulator_bound(dense, {8, 4});
  EXPECT_EQ(bound.largest, 128 * 131 + 7 * 16 + 32);
  EXPECT_EQ(bound.channel, 1);
}

TEST(AccumulatorBound, OfADepthwiseKernelSumsOverItsTaps) {
  DepthwiseConv2dKernel depthwise;
  depthwise.weights = {1, 10, 2, -20, 3, 30};  // 3 taps of 2 channels
  depthwise.bias = {.format = {32, 0}, .values = {1000, 0}, .shift = 0};
  const AccumulatorBound bound = accumulator_bound(depthwise, {8, 4});
  EXPECT_EQ(bound.largest, 128 * 60);
  EXPECT_EQ(bound.channel, 1);
}

TEST(AccumulatorBound, OfAConvolutionIsByOutputChannel) {
  Conv2dKernel conv;
  conv.weights = {1, 1, 1, 1, -2, -2, -2, -2};
  conv.bias = {.format = {8, 0}, .values = {127, 0}, .shift = 0};
  EXPECT_EQ(accumulator_bound(conv, {8, 4}).largest, 128 * 8);
  EXPECT_EQ(accumulator_bound(conv, {8, 4}).channel, 1);
}

TEST(AccumulatorBound, OfInt16InputsIs256TimesAsLarge) {
  FullyConnectedKernel dense;
  dense.weights = {1, 2, -128, 3};
  dense.bias = {.format = {32, 0}, .values = {5, -7}};
  EXPECT_EQ(accumulator_bound(dense, {16, 4}).largest, 32768 * 131 + 7);
}

TEST(AccumulatorBound, TakesTheShiftOfEachChannel) {
  FullyConnectedKernel dense;
  dense.weights = {1, 1};
  dense.bias = {.format = {32, 0}, .values = {0, 0}};
  dense.epilogue.out_shifts = {3, 20};
  const AccumulatorBound bound = accumulator_bound(dense, {8, 4});
  EXPECT_EQ(bound.largest, 128 + (1 << 19));
  EXPECT_EQ(bound.channel, 1);
}

TEST(AccumulatorBound, Int32IsTheLimit) {
  EXPECT_NO_THROW(prove_int32(AccumulatorBound{2147483647, 0}, "Conv a"));
  EXPECT_THROW(prove_int32(AccumulatorBound{2147483648, 0}, "Conv a"), Error);
}

TEST(AccumulatorBound, AveragePoolsFollowThePreconditionOfTheKernel) {
  AveragePool2dKernel pool;
  pool.kernel_h = 1;
  pool.kernel_w = 8;
  pool.left_shift = 19;  // 256 · 8 · 2^19 + 8 = 2^30 + 8
  EXPECT_NO_THROW(prove_int32(pool, {8, 4}, "AveragePool a"));
  pool.left_shift = 20;
  EXPECT_THROW(prove_int32(pool, {8, 4}, "AveragePool a"), Error);
  pool.left_shift = 0;
  pool.right_shift = 27;  // 2^11 + 2^30
  EXPECT_NO_THROW(prove_int32(pool, {8, 4}, "AveragePool a"));
  pool.right_shift = 28;
  EXPECT_THROW(prove_int32(pool, {8, 4}, "AveragePool a"), Error);
  pool.right_shift = 0;
  pool.left_shift = 11;  // 65536 · 8 · 2^11 = 2^30
  EXPECT_NO_THROW(prove_int32(pool, {16, 4}, "AveragePool a"));
  pool.left_shift = 12;
  EXPECT_THROW(prove_int32(pool, {16, 4}, "AveragePool a"), Error);
}

}  // namespace
}  // namespace qmn
