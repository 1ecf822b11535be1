// SPDX-License-Identifier: Apache-2.0
// The stand-in of the s8 API, compiled with single rounding, against int64 written here; and that its two ways of rounding differ where
// exported projects look.
extern "C" {
#include "s8/arm_nnfunctions.h"
std::int32_t requantize_twice(std::int32_t value, std::int32_t multiplier, std::int32_t shift);
}

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace {

using Bytes = std::vector<std::int8_t>;
constexpr std::int32_t kHalf = std::int32_t{1} << 30;

/// sat8(floor(sum / 2^shift + 1/2))
std::int8_t oracle(std::int64_t sum, int shift, std::int64_t least = -128) {
  const std::int64_t rounded = (sum + ((std::int64_t{1} << shift) >> 1)) >> shift;
  return static_cast<std::int8_t>(std::clamp<std::int64_t>(rounded, least, 127));
}

/// Accumulators through a fully connected layer with nothing but biases.
Bytes rounded(const std::vector<std::int32_t>& accumulators, int shift) {
  const auto count = static_cast<std::int32_t>(accumulators.size());
  const cmsis_nn_context context{const_cast<std::int32_t*>(accumulators.data()), 4 * count};
  const cmsis_nn_fc_params params{0, 0, 0, {-128, 127}};
  const cmsis_nn_per_tensor_quant_params quantization{kHalf, 1 - shift};
  const cmsis_nn_dims one{1, 1, 1, 1}, matrix{1, 1, 1, count}, outputs{1, 1, 1, count};
  const Bytes zeros(accumulators.size(), 0);
  Bytes output(accumulators.size(), 99);
  EXPECT_EQ(arm_fully_connected_s8(&context, &params, &quantization, &one, zeros.data(), &matrix, zeros.data(), &outputs, accumulators.data(), &outputs, output.data()),
            ARM_CMSIS_NN_SUCCESS);
  return output;
}

TEST(StandInS8, EveryShiftRoundsTiesUp) {
  for (int shift = 0; shift <= 30; ++shift) {
    std::vector<std::int32_t> accumulators;
    const std::int64_t step = std::int64_t{1} << shift, half = step >> 1;
    for (std::int64_t output = -130; output <= 130; ++output) {
      for (const std::int64_t near : {-half - 1, -half, -half + 1, std::int64_t{0}, half - 1, half, half + 1}) {
        const std::int64_t sum = output * step + near;
        if (sum >= -(std::int64_t{1} << 29) && sum < (std::int64_t{1} << 29)) accumulators.push_back(static_cast<std::int32_t>(sum));
      }
    }
    const Bytes outputs = rounded(accumulators, shift);
    for (std::size_t i = 0; i < outputs.size(); ++i) ASSERT_EQ(outputs[i], oracle(accumulators[i], shift)) << accumulators[i] << " >> " << shift;
  }
}

TEST(StandInS8, TwoRoundingsDifferOnTheAccumulatorsOfTheStartUpCheck) {
  for (int shift = 2; shift <= 30; ++shift) {
    const std::int32_t half = std::int32_t{1} << (shift - 1);
    EXPECT_EQ(requantize_twice(half - 1, kHalf, 1 - shift), 1) << shift;   // once: 0
    EXPECT_EQ(requantize_twice(-half, kHalf, 1 - shift), -1) << shift;     // once: 0
    EXPECT_EQ(rounded({half - 1, -half, -half - 1, 3 * half - 1}, shift), (Bytes{0, 0, -1, 1})) << shift;
  }
}

TEST(StandInS8, ConvolutionsPadWithZeroAndShiftEachChannel) {
  // one row of three pixels, two channels in and out, a window of 2 with one pixel of padding on the left
  const Bytes input{1, 2, 3, 4, 5, 6}, weights{10, 20, 30, 40, -10, -20, -30, -40};
  const std::vector<std::int32_t> bias{100, -100};
  std::vector<std::int32_t> multipliers(2, kHalf), shifts{1 - 0, 1 - 2};
  const cmsis_nn_conv_params params{0, 0, {1, 1}, {1, 0}, {1, 1}, {0, 127}};
  const cmsis_nn_per_channel_quant_params quantization{multipliers.data(), shifts.data()};
  const cmsis_nn_dims in{1, 1, 3, 2}, filter{2, 1, 2, 2}, channels{1, 1, 1, 2}, out{1, 1, 3, 2};
  std::vector<std::int32_t> scratch(4);
  const cmsis_nn_context context{scratch.data(), 16};
  ASSERT_EQ(arm_convolve_wrapper_s8_get_buffer_size(&params, &in, &filter, &out), 16);
  Bytes output(6, 99);
  ASSERT_EQ(arm_convolve_wrapper_s8(&context, &params, &quantization, &in, input.data(), &filter, weights.data(), &channels, bias.data(), &out, output.data()), ARM_CMSIS_NN_SUCCESS);
  const auto expected = [](std::int64_t sum) { return std::array{oracle(100 + sum, 0, 0), oracle(-100 - sum, 2, 0)}; };
  Bytes wanted;
  for (const std::int64_t sum : {30 * 1 + 40 * 2, 10 * 1 + 20 * 2 + 30 * 3 + 40 * 4, 10 * 3 + 20 * 4 + 30 * 5 + 40 * 6}) {
    for (const std::int8_t value : expected(sum)) wanted.push_back(value);
  }
  EXPECT_EQ(output, wanted);
  const cmsis_nn_context small{scratch.data(), 15};
  EXPECT_EQ(arm_convolve_wrapper_s8(&small, &params, &quantization, &in, input.data(), &filter, weights.data(), &channels, bias.data(), &out, output.data()), ARM_CMSIS_NN_ARG_ERROR);
}

TEST(StandInS8, DepthwiseConvolutionsMultiplyChannels) {
  const Bytes input{1, 2, 3, 4}, weights{1, 2, 3, 4, 5, 6, 7, 8};  // two pixels of two channels; taps of four outputs
  const std::vector<std::int32_t> bias{0, 1, 2, 3};
  std::vector<std::int32_t> multipliers(4, kHalf), shifts(4, 1);
  const cmsis_nn_dw_conv_params params{0, 0, 2, {1, 1}, {0, 0}, {1, 1}, {-128, 127}};
  const cmsis_nn_per_channel_quant_params quantization{multipliers.data(), shifts.data()};
  const cmsis_nn_dims in{1, 1, 2, 2}, filter{1, 1, 2, 4}, channels{1, 1, 1, 4}, out{1, 1, 1, 4};
  const cmsis_nn_context none{nullptr, 0};
  Bytes output(4);
  ASSERT_EQ(arm_depthwise_conv_wrapper_s8(&none, &params, &quantization, &in, input.data(), &filter, weights.data(), &channels, bias.data(), &out, output.data()), ARM_CMSIS_NN_SUCCESS);
  EXPECT_EQ(output, (Bytes{1 + 15, 1 + 2 + 18, 2 + 6 + 28, 3 + 8 + 32}));
}

TEST(StandInS8, PoolsMoveTiesAwayFromZero) {
  const Bytes input{-1, 1, -2, 2};  // two pixels of two channels
  const cmsis_nn_pool_params params{{1, 1}, {0, 0}, {-128, 127}};
  const cmsis_nn_dims in{1, 1, 2, 2}, window{1, 1, 2, 1}, out{1, 1, 1, 2};
  std::vector<std::int32_t> sums(2);
  const cmsis_nn_context context{sums.data(), 8};
  Bytes output(2);
  ASSERT_EQ(arm_avgpool_s8(&context, &params, &in, input.data(), &window, &out, output.data()), ARM_CMSIS_NN_SUCCESS);
  EXPECT_EQ(output, (Bytes{-2, 2}));
  ASSERT_EQ(arm_max_pool_s8(&context, &params, &in, input.data(), &window, &out, output.data()), ARM_CMSIS_NN_SUCCESS);
  EXPECT_EQ(output, (Bytes{-1, 2}));
}

TEST(StandInS8, SumsAndProductsRoundOnce) {
  Bytes left, right, sums, products;
  for (int a = -128; a < 128; a += 3) {
    for (int b = -128; b < 128; b += 5) left.push_back(static_cast<std::int8_t>(a)), right.push_back(static_cast<std::int8_t>(b));
  }
  sums.resize(left.size()), products.resize(left.size());
  const auto count = static_cast<std::int32_t>(left.size());
  arm_elementwise_add_s8(left.data(), right.data(), 0, kHalf, 1 + 3, 0, kHalf, 1, 0, sums.data(), 0, kHalf, 1 - 4, -128, 127, count);
  arm_elementwise_mul_s8(left.data(), right.data(), 0, 0, products.data(), 0, kHalf, 1 - 7, -20, 127, count);
  for (std::size_t i = 0; i < left.size(); ++i) {
    ASSERT_EQ(sums[i], oracle(left[i] * 8 + right[i], 4));
    ASSERT_EQ(products[i], oracle(left[i] * right[i], 7, -20));
  }
}

}  // namespace
