// SPDX-License-Identifier: Apache-2.0
#include "conv_cases.h"

namespace qmn::oracle {
namespace {

Bytes depthwise_conv2d(const qmn_conv2d& l, const Bytes& input, const Bytes& weights) {
  Bytes out;
  for (std::int64_t y = 0; y < l.out_h; ++y) {
    for (std::int64_t x = 0; x < l.out_w; ++x) {
      for (std::int64_t o = 0; o < l.out_c; ++o) {
        std::int64_t sum = bias(l.bias, o);
        for (std::int64_t ky = 0; ky < l.kernel_h; ++ky) {
          for (std::int64_t kx = 0; kx < l.kernel_w; ++kx) {
            const std::int64_t weight = weights.at(static_cast<std::size_t>((ky * l.kernel_w + kx) * l.out_c + o));
            sum += weight * pixel(input, l.in_h, l.in_w, l.in_c, y * l.stride_h - l.pad_top + ky * l.dilation_h,
                                  x * l.stride_w - l.pad_left + kx * l.dilation_w, o / (l.out_c / l.in_c));
          }
        }
        out.push_back(epilogue(sum, l.epilogue));
      }
    }
  }
  return out;
}

void expect_equal_to_oracle(std::uint64_t seed, std::int32_t max_channels, std::int32_t max_multiplier) {
  Random random{5, seed};
  qmn_conv2d layer = random_geometry(random, 5);
  layer.in_c = between(random, 1, max_channels);
  layer.out_c = layer.in_c * between(random, 1, max_multiplier);
  const Bytes input = random_bytes(random, layer.in_h * layer.in_w * layer.in_c);
  const Bytes weights = random_bytes(random, layer.out_c * layer.kernel_h * layer.kernel_w);
  const RandomBias biases(random, layer.out_c);
  layer.weights = weights.data();
  layer.bias = biases.view;
  layer.epilogue = random_epilogue(random);
  GuardedOutput output(layer.out_h * layer.out_w * layer.out_c);
  qmn_depthwise_conv2d_s8_ref(&layer, input.data(), output.data());
  ASSERT_EQ(output.take(), depthwise_conv2d(layer, input, weights)) << describe(layer);
}

TEST(DepthwiseConv2d, EqualsTheFormulaOnRandomShapesStridesPadsAndDilations) {
  for (std::uint64_t round = 0; round < 1500; ++round) ASSERT_NO_FATAL_FAILURE(expect_equal_to_oracle(round, 70, 1));
}

TEST(DepthwiseConv2d, EqualsTheFormulaWithChannelMultipliers) {
  for (std::uint64_t round = 0; round < 1000; ++round) ASSERT_NO_FATAL_FAILURE(expect_equal_to_oracle(100000 + round, 20, 4));
}

}  // namespace
}  // namespace qmn::oracle
