// SPDX-License-Identifier: Apache-2.0
#include "lower/lower.h"

#include "net_builder.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

using Bytes = std::vector<std::int8_t>;

template <class K>
const K& kernel(const Program& program, std::size_t index) {
  return std::get<K>(program.kernels.at(index));
}

TEST(Lower, TheWorkedExampleOfTheShifts) {
  NetBuilder net({1, 2}, QFormat{8, 2});
  net.fully_connected({.weights = {0.5f, -0.25f}, .weight_format = {8, 7}, .bias = {0.25f}, .bias_format = {8, 8}, .format = QFormat{8, 2}},
                      1);
  const Program program = lower(net.build(), {.adds_softmax = false});
  const auto& dense = kernel<FullyConnectedKernel>(program, 0);
  EXPECT_EQ(dense.bias.shift, 1);
  EXPECT_EQ(dense.epilogue.out_shift, 7);
  EXPECT_EQ(dense.weights, (Bytes{64, -32}));
  EXPECT_EQ(dense.bias.values, (std::vector<std::int32_t>{64}));
  EXPECT_EQ(dense.weight_format, (QFormat{8, 7}));
}

TEST(Lower, ConvWeightsBecomeOutputRowColumnInput) {
  NetBuilder net({1, 2, 3, 3});
  // weight[o][i][y][x] = (100·o + 10·i + 2·y + x) raw
  std::vector<float> weights;
  for (int o = 0; o < 2; ++o)
    for (int i = 0; i < 2; ++i)
      for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 2; ++x) weights.push_back(static_cast<float>(50 * o + 10 * i + 2 * y + x));
  net.conv({.weights = weights,
            .weight_format = {8, 0},
            .bias = {1.0f, -1.0f},
            .bias_format = {8, 0},
            .format = QFormat{8, 0},
            .activation = Activation::relu},
           {2, 2, 2, 2}, {.name = {}, .strides = {2, 1}, .dilations = {1, 2}, .pads = {1, 1, 0, 0}});
  net.unary<Flatten>("flatten", std::nullopt);
  net.fully_connected({.name = "fc", .weights = ramp(16, 0, 0.2f), .format = QFormat{8, 3}}, 2);
  const Program program = lower(net.build());
  const auto& conv = kernel<Conv2dKernel>(program, 0);
  EXPECT_EQ(conv.weights, (Bytes{0, 10, 1, 11, 2, 12, 3, 13, 50, 60, 51, 61, 52, 62, 53, 63}));
  EXPECT_EQ(conv.epilogue.clip_min, 0) << "fused ReLU";
  EXPECT_EQ(conv.epilogue.clip_max, 127);
  EXPECT_EQ(conv.epilogue.out_shift, 4);
  EXPECT_EQ(conv.bias.shift, 4);
  EXPECT_EQ((std::array{conv.kernel_h, conv.kernel_w, conv.stride_h, conv.stride_w, conv.dilation_h, conv.dilation_w, conv.pad_top,
                        conv.pad_left}),
            (std::array{2, 2, 2, 1, 1, 2, 1, 1}));
  const ProgramTensor& in = program.tensor(program.input);
  EXPECT_EQ((std::array{in.height, in.width, in.channels}), (std::array{3, 3, 2}));
  const ProgramTensor& out = program.tensor(conv.output);
  EXPECT_EQ((std::array{out.height, out.width, out.channels}), (std::array{2, 2, 2}));
}

TEST(Lower, DepthwiseWeightsBecomeRowColumnChannel) {
  NetBuilder net({1, 2, 2, 2});
  // 2 channels, multiplier 2: weight[c][0][y][x] = 10·c + 2·y + x raw
  std::vector<float> weights;
  for (int c = 0; c < 4; ++c)
    for (int tap = 0; tap < 4; ++tap) weights.push_back(static_cast<float>(10 * c + tap));
  Conv2d attributes;
  attributes.groups = 2;
  net.conv({.weights = weights, .weight_format = {8, 0}, .format = QFormat{8, 0}}, {4, 1, 2, 2}, attributes);
  const Program program = lower(net.build());
  const auto& depthwise = kernel<DepthwiseConv2dKernel>(program, 0);
  EXPECT_EQ(depthwise.weights, (Bytes{0, 10, 20, 30, 1, 11, 21, 31, 2, 12, 22, 32, 3, 13, 23, 33}));
  EXPECT_EQ(program.tensor(depthwise.output).channels, 4);
  EXPECT_EQ(depthwise.epilogue.clip_min, -128);
}

TEST(Lower, FlattenVanishesAndTheColumnsBehindItFollowNhwc) {
  NetBuilder net({1, 2, 1, 3});  // C = 2, W = 3
  net.unary<Flatten>("flatten", std::nullopt);
  net.fully_connected({.weights = {0, 1, 2, 10, 11, 12}, .weight_format = {8, 0}, .format = QFormat{8, 0}}, 1);  // column c·3 + x
  const Program program = lower(net.build());
  ASSERT_EQ(program.kernels.size(), 2u) << "fully connected and softmax";
  const auto& dense = kernel<FullyConnectedKernel>(program, 0);
  EXPECT_EQ(dense.input, program.input);
  EXPECT_EQ(dense.weights, (Bytes{0, 10, 1, 11, 2, 12}));
}

TEST(Lower, AFlattenThatChangesTheFormatIsARequantize) {
  NetBuilder net({1, 2, 1, 3}, QFormat{8, 5});
  net.unary<Flatten>("flatten", QFormat{8, 3});
  net.fully_connected({.weights = {0, 1, 2, 10, 11, 12}, .weight_format = {8, 0}, .format = QFormat{8, 0}}, 1);
  const Program program = lower(net.build());
  const auto& requantize = kernel<RequantizeKernel>(program, 0);
  EXPECT_EQ(requantize.right_shift, 2);
  EXPECT_EQ(requantize.left_shift, 0);
  EXPECT_EQ(requantize.clip_min, -128);
  EXPECT_EQ(program.tensor(requantize.output).width, 3);
  EXPECT_EQ(program.tensor(requantize.output).channels, 2);
  EXPECT_EQ(kernel<FullyConnectedKernel>(program, 1).weights, (Bytes{0, 10, 1, 11, 2, 12})) << "the order behind it is NHWC still";
}

TEST(Lower, AReluOfItsOwnClipsAtZeroAndChangesTheFormat) {
  NetBuilder net({1, 4}, QFormat{8, 4});
  net.unary<Relu>("relu", QFormat{8, 6});
  const Program program = lower(net.build(), {.adds_softmax = false});
  const auto& relu = kernel<RequantizeKernel>(program, 0);
  EXPECT_EQ(relu.left_shift, 2);
  EXPECT_EQ(relu.right_shift, 0);
  EXPECT_EQ(relu.clip_min, 0);
  EXPECT_EQ(relu.clip_max, 127);
  EXPECT_EQ(program.output, program.logits);
}

TEST(Lower, UnaryShiftsBeyondTheKernelsLimitsAreClamped) {
  for (const auto& [from, to, left, right] : {std::array{40, -40, 0, 30}, std::array{-40, 40, 22, 0}}) {
    NetBuilder net({1, 4}, QFormat{8, from});
    net.unary<Relu>("relu", QFormat{8, to});
    const Program program = lower(net.build());
    EXPECT_EQ(kernel<RequantizeKernel>(program, 0).left_shift, left);
    EXPECT_EQ(kernel<RequantizeKernel>(program, 0).right_shift, right);
  }
}

TEST(Lower, AveragePoolShiftsBetweenItsFormats) {
  for (const auto& [to, left, right] : {std::array{6, 2, 0}, std::array{4, 0, 0}, std::array{1, 0, 3}}) {
    NetBuilder net({1, 3, 6, 5}, QFormat{8, 4});
    net.pool({.name = "pool", .kernel = {3, 2}, .strides = {2, 1}, .pads = {1, 0, 0, 1}}, QFormat{8, to});
    net.unary<Flatten>("flatten", std::nullopt);
    net.fully_connected({.weights = ramp(45, 0, 0.01f), .format = QFormat{8, 3}}, 1);
    const Program program = lower(net.build());
    const auto& pool = kernel<AveragePool2dKernel>(program, 0);
    EXPECT_EQ(pool.left_shift, left);
    EXPECT_EQ(pool.right_shift, right);
    EXPECT_EQ((std::array{pool.kernel_h, pool.kernel_w, pool.stride_h, pool.stride_w, pool.pad_top, pool.pad_left}),
              (std::array{3, 2, 2, 1, 1, 0}));
    EXPECT_EQ(program.tensor(pool.output).height, 3);
    EXPECT_EQ(program.tensor(pool.output).width, 5);
  }
}

TEST(Lower, SoftmaxIsAppendedWithATableOfItsFormula) {
  NetBuilder net({1, 2});
  net.fully_connected({.weights = ramp(6, 0, 0.1f), .format = QFormat{8, 3}}, 3);
  const Program program = lower(net.build());
  const auto& softmax = kernel<SoftmaxKernel>(program, 1);
  EXPECT_EQ(program.logits, softmax.input);
  EXPECT_EQ(program.output, softmax.output);
  EXPECT_EQ(program.tensor(program.output).format, (QFormat{8, 7}));
  EXPECT_EQ(program.tensor(program.output).name, "scores");
  ASSERT_EQ(softmax.exp_table.size(), 256u);
  for (int d = 0; d < 256; ++d) EXPECT_EQ(softmax.exp_table[static_cast<std::size_t>(d)], std::lround(32768 * std::exp(-d / 8.0))) << d;
}

TEST(Lower, ASoftmaxOfTheGraphIsKeptAndItsInputAreTheLogits) {
  NetBuilder net({1, 2});
  net.fully_connected({.weights = ramp(6, 0, 0.1f), .format = QFormat{8, 3}}, 3).unary<Softmax>("probabilities", std::nullopt);
  for (bool adds_softmax : {false, true}) {
    const Program program = lower(net.build(), {.adds_softmax = adds_softmax});
    ASSERT_EQ(program.kernels.size(), 2u);
    EXPECT_EQ(kernel<SoftmaxKernel>(program, 1).name, "probabilities");
    EXPECT_EQ(program.logits, kernel<FullyConnectedKernel>(program, 0).output);
    EXPECT_EQ(program.output, kernel<SoftmaxKernel>(program, 1).output);
  }
}

TEST(Lower, A32BitBiasStandsAtAccumulatorScale) {
  NetBuilder net({1, 2}, QFormat{8, 2});
  net.fully_connected({.weights = {1, 1}, .weight_format = {8, 5}, .bias = {1000.3f}, .bias_format = {32, 7}}, 1);
  const Program program = lower(net.build());
  const ProgramBias& bias = kernel<FullyConnectedKernel>(program, 0).bias;
  EXPECT_EQ(bias.shift, 0);
  EXPECT_EQ(bias.format, (QFormat{32, 7}));
  EXPECT_EQ(bias.values, (std::vector<std::int32_t>{128038}));  // 1000.3 · 2^7 = 128038.4
}

TEST(Lower, AMissingBiasIsZeroForEveryChannel) {
  NetBuilder net({1, 2});
  net.fully_connected({.name = "fc", .weights = ramp(6, 0, 0.1f)}, 3);
  const Program program = lower(net.build());
  const auto& dense = kernel<FullyConnectedKernel>(program, 0);
  EXPECT_EQ(dense.bias.values, (std::vector<std::int32_t>{0, 0, 0}));
  EXPECT_EQ(dense.bias.format.total_bits, 8);
  EXPECT_EQ(dense.bias.shift, bias_shift(program.tensor(dense.input).format, dense.weight_format, dense.bias.format));
  EXPECT_EQ(dense.bias_name, "fc_bias");
}

TEST(Lower, AZeroBiasOfAnyFormatIsFine) {
  NetBuilder net({1, 1}, QFormat{8, 20});
  net.fully_connected({.weights = {1e-6f}, .weight_format = {8, 20}, .bias = {0.0f}, .bias_format = {8, 7}, .format = QFormat{8, 20}}, 1);
  EXPECT_EQ(kernel<FullyConnectedKernel>(lower(net.build()), 0).bias.shift, 30);
}

TEST(Lower, NamesAreUniqueCIdentifiers) {
  NetBuilder net({1, 2});
  net.graph().name = "my net (v2)";
  net.fully_connected({.name = "fc/1", .weights = ramp(4, 0, 0.1f), .bias = {0, 0}}, 2);
  net.fully_connected({.name = "fc-1", .weights = ramp(4, 0, 0.1f), .bias = {0, 0}}, 2);
  const Program program = lower(net.build());
  EXPECT_EQ(program.name, "my_net_v2");
  const auto &first = kernel<FullyConnectedKernel>(program, 0), &second = kernel<FullyConnectedKernel>(program, 1);
  EXPECT_EQ(first.name, "fc_1");
  EXPECT_EQ(first.weights_name, "fc_1_weight");
  EXPECT_EQ(first.bias_name, "fc_1_bias");
  EXPECT_EQ(second.name, "fc_1_2");
  EXPECT_EQ(second.weights_name, "fc_1_weight_2");
  EXPECT_EQ(second.bias_name, "fc_1_bias_2");
  EXPECT_EQ(program.tensor(first.output).name, "fc_1_out");
  EXPECT_EQ(program.tensor(second.output).name, "fc_1_out_2");
}

TEST(Lower, LabelsAndFrontEndTravelWithTheProgram) {
  NetBuilder net({1, 2});
  net.fully_connected({.weights = ramp(4, 0, 0.1f)}, 2);
  Model model = net.build();
  model.metadata.labels = {"yes", "no"};
  model.metadata.front_end.hop_samples = 123;
  const Program program = lower(model);
  EXPECT_EQ(program.metadata.labels, (std::vector<std::string>{"yes", "no"}));
  EXPECT_EQ(program.metadata.front_end.hop_samples, 123);
}

}  // namespace
}  // namespace qmn
