// SPDX-License-Identifier: Apache-2.0
#include "conv_cases.h"
#include "weighted_cases.h"

namespace qmn::oracle {
namespace {

template <class In, class Out>
std::vector<Out> conv2d(const qmn_conv2d& l, const std::vector<In>& input, const Bytes& weights, const RandomEpilogue<Out>& epilogue_of) {
  std::vector<Out> out;
  for (std::int64_t y = 0; y < l.out_h; ++y) {
    for (std::int64_t x = 0; x < l.out_w; ++x) {
      for (std::int64_t o = 0; o < l.out_c; ++o) {
        std::int64_t sum = bias(l.bias, o);
        for (std::int64_t ky = 0; ky < l.kernel_h; ++ky) {
          for (std::int64_t kx = 0; kx < l.kernel_w; ++kx) {
            for (std::int64_t c = 0; c < l.in_c; ++c) {
              const std::int64_t weight = weights.at(static_cast<std::size_t>(((o * l.kernel_h + ky) * l.kernel_w + kx) * l.in_c + c));
              sum += weight * pixel_of(input, l, y * l.stride_h - l.pad_top + ky * l.dilation_h, x * l.stride_w - l.pad_left + kx * l.dilation_w, c);
            }
          }
        }
        out.push_back(epilogue_of(sum, o));
      }
    }
  }
  return out;
}

template <class In, class Out>
void expect_equal(Random& random, qmn_conv2d layer, const KernelPair<qmn_conv2d, In, Out>& kernels) {
  const std::int32_t tap_values = layer.kernel_h * layer.kernel_w * layer.in_c;
  const std::vector<In> input = random_values<In>(random, layer.in_h * layer.in_w * layer.in_c);
  const Bytes weights = random_weights<In>(random, layer.out_c * tap_values, tap_values);
  const RandomBias biases(random, layer.out_c);
  for (const bool is_per_channel : {false, true}) {
    const RandomEpilogue<Out> epilogue(random, layer.out_c, is_per_channel);
    layer.weights = weights.data();
    layer.bias = biases.view;
    layer.epilogue = epilogue.view();
    GuardedValues<Out> output(static_cast<std::size_t>(layer.out_h * layer.out_w * layer.out_c));
    kernels[is_per_channel](&layer, input.data(), output.data());
    ASSERT_EQ(output.take(), conv2d(layer, input, weights, epilogue))
        << describe(layer) << ", " << 8 * sizeof(In) << " to " << 8 * sizeof(Out) << " bits" << (is_per_channel ? ", per channel" : "");
  }
}

void expect_equal_to_oracle(Random& random, const qmn_conv2d& layer) {
  ASSERT_NO_FATAL_FAILURE((expect_equal<std::int8_t, std::int8_t>(random, layer, {qmn_conv2d_s8_ref, qmn_conv2d_s8_channels_ref})));
  ASSERT_NO_FATAL_FAILURE((expect_equal<std::int8_t, std::int16_t>(random, layer, {qmn_conv2d_s8_s16_ref, qmn_conv2d_s8_s16_channels_ref})));
  ASSERT_NO_FATAL_FAILURE((expect_equal<std::int16_t, std::int8_t>(random, layer, {qmn_conv2d_s16_s8_ref, qmn_conv2d_s16_s8_channels_ref})));
  ASSERT_NO_FATAL_FAILURE((expect_equal<std::int16_t, std::int16_t>(random, layer, {qmn_conv2d_s16_ref, qmn_conv2d_s16_channels_ref})));
}

TEST(Conv2d, EqualsTheFormulaOnRandomShapesStridesPadsAndDilations) {
  for (std::uint64_t round = 0; round < 700; ++round) {
    Random random{1, round};
    qmn_conv2d layer = random_geometry(random, 5);
    layer.in_c = one_of(random, {1, 2, 3, 4, 5, 7, 8, 9, 16, 17});
    layer.out_c = between(random, 1, 9);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_oracle(random, layer));
  }
}

TEST(Conv2d, EqualsTheFormulaWithOneTap) {
  for (std::uint64_t round = 0; round < 250; ++round) {
    Random random{2, round};
    qmn_conv2d layer = random_geometry(random, 1);
    layer.in_c = between(random, 1, 70);
    layer.out_c = between(random, 1, 70);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_oracle(random, layer));
  }
}

TEST(Conv2d, EqualsTheFormulaWithWindowsOfMoreThan256Values) {
  for (std::uint64_t round = 0; round < 100; ++round) {
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
  layer.epilogue = {{4}, -128, 127};
  GuardedOutput output(3);
  qmn_conv2d_s8_ref(&layer, input.data(), output.data());
  EXPECT_EQ(output.take(), (Bytes{-3, 127, -3}));
}

}  // namespace
}  // namespace qmn::oracle
