// SPDX-License-Identifier: Apache-2.0
#include "conv_cases.h"
#include "weighted_cases.h"

namespace qmn::oracle {
namespace {

template <class In, class Out>
std::vector<Out> depthwise_conv2d(const qmn_conv2d& l, const std::vector<In>& input, const Bytes& weights, const RandomEpilogue<Out>& epilogue_of) {
  std::vector<Out> out;
  for (std::int64_t y = 0; y < l.out_h; ++y) {
    for (std::int64_t x = 0; x < l.out_w; ++x) {
      for (std::int64_t o = 0; o < l.out_c; ++o) {
        std::int64_t sum = bias(l.bias, o);
        for (std::int64_t ky = 0; ky < l.kernel_h; ++ky) {
          for (std::int64_t kx = 0; kx < l.kernel_w; ++kx) {
            const std::int64_t weight = weights.at(static_cast<std::size_t>((ky * l.kernel_w + kx) * l.out_c + o));
            sum += weight * pixel_of(input, l, y * l.stride_h - l.pad_top + ky * l.dilation_h, x * l.stride_w - l.pad_left + kx * l.dilation_w,
                                     o / (l.out_c / l.in_c));
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
  const std::vector<In> input = random_values<In>(random, layer.in_h * layer.in_w * layer.in_c);
  const Bytes weights = random_weights<In>(random, layer.out_c * layer.kernel_h * layer.kernel_w, layer.kernel_h * layer.kernel_w);
  const RandomBias biases(random, layer.out_c);
  for (const bool is_per_channel : {false, true}) {
    const RandomEpilogue<Out> epilogue(random, layer.out_c, is_per_channel);
    layer.weights = weights.data();
    layer.bias = biases.view;
    layer.epilogue = epilogue.view();
    GuardedValues<Out> output(static_cast<std::size_t>(layer.out_h * layer.out_w * layer.out_c));
    kernels[is_per_channel](&layer, input.data(), output.data());
    ASSERT_EQ(output.take(), depthwise_conv2d(layer, input, weights, epilogue))
        << describe(layer) << ", " << 8 * sizeof(In) << " to " << 8 * sizeof(Out) << " bits" << (is_per_channel ? ", per channel" : "");
  }
}

void expect_equal_to_oracle(std::uint64_t seed, std::int32_t max_channels, std::int32_t max_multiplier) {
  Random random{5, seed};
  qmn_conv2d layer = random_geometry(random, 5);
  layer.in_c = between(random, 1, max_channels);
  layer.out_c = layer.in_c * between(random, 1, max_multiplier);
  ASSERT_NO_FATAL_FAILURE((expect_equal<std::int8_t, std::int8_t>(random, layer, {qmn_depthwise_conv2d_s8_ref, qmn_depthwise_conv2d_s8_channels_ref})));
  ASSERT_NO_FATAL_FAILURE((expect_equal<std::int8_t, std::int16_t>(random, layer, {qmn_depthwise_conv2d_s8_s16_ref, qmn_depthwise_conv2d_s8_s16_channels_ref})));
  ASSERT_NO_FATAL_FAILURE((expect_equal<std::int16_t, std::int8_t>(random, layer, {qmn_depthwise_conv2d_s16_s8_ref, qmn_depthwise_conv2d_s16_s8_channels_ref})));
  ASSERT_NO_FATAL_FAILURE((expect_equal<std::int16_t, std::int16_t>(random, layer, {qmn_depthwise_conv2d_s16_ref, qmn_depthwise_conv2d_s16_channels_ref})));
}

TEST(DepthwiseConv2d, EqualsTheFormulaOnRandomShapesStridesPadsAndDilations) {
  for (std::uint64_t round = 0; round < 500; ++round) ASSERT_NO_FATAL_FAILURE(expect_equal_to_oracle(round, 70, 1));
}

TEST(DepthwiseConv2d, EqualsTheFormulaWithChannelMultipliers) {
  for (std::uint64_t round = 0; round < 400; ++round) ASSERT_NO_FATAL_FAILURE(expect_equal_to_oracle(100000 + round, 20, 4));
}

}  // namespace
}  // namespace qmn::oracle
