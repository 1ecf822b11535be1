// SPDX-License-Identifier: Apache-2.0
#include "conv_cases.h"

namespace qmn::oracle {
namespace {

Bytes conv2d(const qmn_conv2d& l, const Bytes& input, const Bytes& weights) {
  Bytes out;
  for (std::int64_t y = 0; y < l.out_h; ++y) {
    for (std::int64_t x = 0; x < l.out_w; ++x) {
      for (std::int64_t o = 0; o < l.out_c; ++o) {
        std::int64_t sum = bias(l.bias, o);
        for (std::int64_t ky = 0; ky < l.kernel_h; ++ky) {
          for (std::int64_t kx = 0; kx < l.kernel_w; ++kx) {
            for (std::int64_t c = 0; c < l.in_c; ++c) {
              const std::int64_t weight = weights.at(static_cast<std::size_t>(((o * l.kernel_h + ky) * l.kernel_w + kx) * l.in_c + c));
              sum += weight * pixel(input, l.in_h, l.in_w, l.in_c, y * l.stride_h - l.pad_top + ky * l.dilation_h,
                                    x * l.stride_w - l.pad_left + kx * l.dilation_w, c);
            }
          }
        }
        out.push_back(epilogue(sum, l.epilogue));
      }
    }
  }
  return out;
}

void expect_equal_to_oracle(Random& random, qmn_conv2d layer) {
  const Bytes input = random_bytes(random, layer.in_h * layer.in_w * layer.in_c);
  const Bytes weights = random_bytes(random, layer.out_c * layer.kernel_h * layer.kernel_w * layer.in_c);
  const RandomBias biases(random, layer.out_c);
  layer.weights = weights.data();
  layer.bias = biases.view;
  layer.epilogue = random_epilogue(random);
  GuardedOutput output(layer.out_h * layer.out_w * layer.out_c);
  qmn_conv2d_s8_ref(&layer, input.data(), output.data());
  ASSERT_EQ(output.take(), conv2d(layer, input, weights)) << describe(layer);
}

TEST(Conv2d, EqualsTheFormulaOnRandomShapesStridesPadsAndDilations) {
  for (std::uint64_t round = 0; round < 1500; ++round) {
    Random random{1, round};
    qmn_conv2d layer = random_geometry(random, 5);
    layer.in_c = one_of(random, {1, 2, 3, 4, 5, 7, 8, 9, 16, 17});
    layer.out_c = between(random, 1, 9);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_oracle(random, layer));
  }
}

TEST(Conv2d, EqualsTheFormulaWithOneTap) {
  for (std::uint64_t round = 0; round < 500; ++round) {
    Random random{2, round};
    qmn_conv2d layer = random_geometry(random, 1);
    layer.in_c = between(random, 1, 70);
    layer.out_c = between(random, 1, 70);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_oracle(random, layer));
  }
}

TEST(Conv2d, EqualsTheFormulaWithWindowsOfMoreThan256Values) {
  for (std::uint64_t round = 0; round < 200; ++round) {
    Random random{3, round};
    qmn_conv2d layer = random_geometry(random, 5);
    layer.in_c = 256 / (layer.kernel_h * layer.kernel_w) + between(random, 0, 3);  // 256 itself and just above
    layer.out_c = between(random, 1, 6);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_oracle(random, layer));
  }
}

TEST(Conv2d, EqualsTheFormulaOnTheFirstLayerOfDsCnnS) {
  Random random{4};
  qmn_conv2d layer{};
  layer.in_h = 49, layer.in_w = 10, layer.in_c = 1;
  layer.out_h = 25, layer.out_w = 5, layer.out_c = 64;
  layer.kernel_h = 10, layer.kernel_w = 4, layer.stride_h = 2, layer.stride_w = 2;
  layer.dilation_h = 1, layer.dilation_w = 1, layer.pad_top = 4, layer.pad_left = 1;
  expect_equal_to_oracle(random, layer);
}

TEST(Conv2d, AWindowWhollyInThePaddingGivesTheBias) {
  const Bytes input{100}, weights{127}, biases{-3};
  qmn_conv2d layer{};
  layer.in_h = layer.in_w = layer.in_c = layer.out_c = layer.kernel_h = layer.kernel_w = 1;
  layer.stride_h = layer.stride_w = layer.dilation_h = layer.dilation_w = 1;
  layer.pad_top = 1;
  layer.out_h = 3, layer.out_w = 1;
  layer.weights = weights.data();
  layer.bias = {biases.data(), nullptr, 4};
  layer.epilogue = {4, -128, 127};
  GuardedOutput output(3);
  qmn_conv2d_s8_ref(&layer, input.data(), output.data());
  EXPECT_EQ(output.take(), (Bytes{-3, 127, -3}));
}

}  // namespace
}  // namespace qmn::oracle
