// SPDX-License-Identifier: Apache-2.0
// The stand-in of the q7 API against numbers of another implementation, the numpy model whose definition it shares. Operands are
//   sequence[i] = (i * i * 7 + i * k + 13 * k) mod 251 - 125
#include "q7_stand_in.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

Bytes sequence(int count, int k) {
  Bytes bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::int8_t>((i * i * 7 + i * k + 13 * k) % 251 - 125));
  return bytes;
}

constexpr Window kFast{.in_h = 4, .in_w = 3, .in_c = 4, .out_h = 4, .out_w = 2, .out_c = 2, .kernel_h = 3, .kernel_w = 2, .stride_h = 1, .stride_w = 1, .pad_h = 1, .pad_w = 0,
                       .bias_shift = 3, .out_shift = 8};

TEST(StandInQ7, ConvolutionsGiveTheNumbersOfTheModel) {
  const Bytes expected{17, 18, -25, 41, -32, -128, -10, -128, -32, 83, 56, 113, 127, -95, 21, -31};
  const Bytes input = sequence(48, 3), weights = sequence(48, 11), bias = sequence(2, 29);
  EXPECT_EQ(convolve(arm_convolve_HWC_q7_basic_nonsquare, kFast, input, weights, bias), expected);
  EXPECT_EQ(convolve(arm_convolve_HWC_q7_fast_nonsquare, kFast, input, weights, bias), expected);
}

TEST(StandInQ7, DepthwiseConvolutionsGiveTheNumbersOfTheModel) {
  const Window window{.in_h = 3, .in_w = 3, .in_c = 5, .out_h = 2, .out_w = 2, .out_c = 5, .kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1,
                      .bias_shift = 2, .out_shift = 7};
  EXPECT_EQ(convolve(arm_depthwise_separable_conv_HWC_q7_nonsquare, window, sequence(45, 5), sequence(45, 17), sequence(5, 31)),
            (Bytes{63, -2, -128, -14, 89, 23, 107, -75, 111, -99, 114, -128, 54, -7, -11, 47, 127, 45, -16, -18}));
}

TEST(StandInQ7, FullyConnectedReadsInterleavedRows) {
  // rows 0 and 1 sum to what their columns weigh: the model's order of a matrix whose value is its place
  const Bytes matrix{0, 6, 2, 8, 12, 18, 14, 20, 1, 7, 3, 9, 13, 19, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35};
  for (int column = 0; column < 6; ++column) {
    Bytes vector(6, 0), output(6);
    vector[static_cast<std::size_t>(column)] = 1;
    Scratch scratch(6);
    ASSERT_EQ(arm_fully_connected_q7_opt(vector.data(), matrix.data(), 6, 6, 0, 0, Bytes(6, 0).data(), output.data(), scratch.data()), ARM_MATH_SUCCESS);
    EXPECT_TRUE(scratch.is_intact());
    for (int row = 0; row < 6; ++row) EXPECT_EQ(output[static_cast<std::size_t>(row)], row * 6 + column);
  }
}

TEST(StandInQ7, ProductsGiveTheNumbersOfTheModelAndReluKeepsPositives) {
  Bytes a = sequence(8, 3), b = sequence(8, 11), output(8);
  arm_nn_mult_q7(a.data(), b.data(), output.data(), 6, 8);
  EXPECT_EQ(output, (Bytes{-24, -43, -55, -25, -46, -5, -89, -27}));
  Bytes values{-128, -1, 0, 1, 127};
  arm_relu_q7(values.data(), 4);
  EXPECT_EQ(values, (Bytes{0, 0, 0, 1, 127}));
}

TEST(StandInQ7, PreconditionsAreKept) {
  const auto fast = [](Window w) { return convolve(arm_convolve_HWC_q7_fast_nonsquare, w, Bytes(500), Bytes(500), Bytes(20)); };
  Window odd_in = kFast, odd_out = kFast, half_window = kFast;
  odd_in.in_c = 3, odd_out.out_c = 3, half_window.out_w = 3;
  EXPECT_NE(fast(kFast), Bytes{});
  for (const Window& refused : {odd_in, odd_out, half_window}) EXPECT_EQ(fast(refused), Bytes{});
  EXPECT_EQ(convolve(arm_convolve_1x1_HWC_q7_fast_nonsquare, kFast, Bytes(500), Bytes(500), Bytes(20)), Bytes{});
  EXPECT_EQ(convolve(arm_depthwise_separable_conv_HWC_q7_nonsquare, kFast, Bytes(500), Bytes(500), Bytes(20)), Bytes{});
}

}  // namespace
}  // namespace qmn
