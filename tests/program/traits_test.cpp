// SPDX-License-Identifier: Apache-2.0
// Which form of a kernel runs under `dsp` and `mve`, what it may overwrite, and the constants that it reads.
#include "program/traits.h"

#include "program/mve_layout.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

ProgramTensor image(int height, int width, int channels, int bits = 8) {
  return {.name = "t", .height = height, .width = width, .channels = channels, .format = {bits, 4}};
}

Program program_of(ProgramTensor input, ProgramTensor output) {
  Program program;
  program.tensors = {std::move(input), std::move(output)};
  program.input = 0;
  program.logits = program.output = 1;
  return program;
}

template <class K>
K layer(int kernel = 1, int stride = 1, int pad = 0) {
  K k;
  k.name = "k";
  k.input = 0;
  k.output = 1;
  if constexpr (requires { k.kernel_h; }) {
    k.kernel_h = k.kernel_w = kernel;
    k.stride_h = k.stride_w = stride;
    k.pad_top = k.pad_left = pad;
  }
  return k;
}

KernelTraits dsp(const Program& program, const Kernel& kernel) { return traits_of(program, kernel, KernelVariant::dsp); }

TEST(Traits, APointwiseConvolutionMayOverwriteItsInputAndNoOtherMay) {
  const Program same = program_of(image(25, 5, 64), image(25, 5, 64));
  EXPECT_TRUE(may_overwrite(same, layer<Conv2dKernel>(), 0, KernelVariant::dsp));
  EXPECT_FALSE(may_overwrite(same, layer<Conv2dKernel>(), 0, KernelVariant::ref));
  EXPECT_FALSE(dsp(same, layer<Conv2dKernel>(3, 1, 1)).can_alias_input);
  EXPECT_FALSE(dsp(program_of(image(5, 5, 8), image(5, 5, 4)), layer<Conv2dKernel>()).can_alias_input);
  EXPECT_FALSE(dsp(program_of(image(1, 1, 8), image(1, 1, 8)), layer<Conv2dKernel>(1, 2)).can_alias_input);
}

TEST(Traits, ADepthwiseConvolutionOfOneSizeMayOverwriteItsInput) {
  EXPECT_TRUE(dsp(program_of(image(25, 5, 64), image(25, 5, 64)), layer<DepthwiseConv2dKernel>(3, 1, 1)).can_alias_input);
  EXPECT_FALSE(dsp(program_of(image(25, 5, 64), image(13, 3, 64)), layer<DepthwiseConv2dKernel>(3, 2, 1)).can_alias_input);
}

TEST(Traits, WhatHasNoDspFormRunsTheReference) {
  const auto form = [](const Program& program, const Kernel& kernel) { return dsp(program, kernel).variant; };
  const Program wide = program_of(image(4, 4, 8, 16), image(4, 4, 8));
  EXPECT_EQ(form(wide, layer<SoftmaxKernel>()), KernelVariant::ref);
  EXPECT_EQ(form(wide, layer<AveragePool2dKernel>()), KernelVariant::ref);
  EXPECT_EQ(form(program_of(image(4, 4, 4), image(4, 4, 8)), layer<DepthwiseConv2dKernel>(3, 1, 1)), KernelVariant::ref);
  auto dilated = layer<DepthwiseConv2dKernel>(3, 1, 2);
  dilated.dilation_h = 2;
  EXPECT_EQ(form(program_of(image(4, 4, 8), image(4, 4, 8)), dilated), KernelVariant::ref);
  EXPECT_EQ(form(program_of(image(4, 4, 6), image(1, 1, 6)), layer<AveragePool2dKernel>(4)), KernelVariant::ref);
  EXPECT_EQ(form(program_of(image(16, 16, 8), image(1, 1, 8)), layer<AveragePool2dKernel>(16)), KernelVariant::ref);
  EXPECT_EQ(form(program_of(image(15, 15, 8), image(1, 1, 8)), layer<AveragePool2dKernel>(15)), KernelVariant::dsp);
  EXPECT_EQ(form(program_of(image(4, 4, 8), image(4, 4, 8)), layer<RequantizeKernel>()), KernelVariant::ref);
}

TEST(Traits, LayersWithWeightsHaveADspFormForInt16OnEitherSide) {
  for (const int in_bits : {8, 16}) {
    for (const int out_bits : {8, 16}) {
      const Program program = program_of(image(4, 4, 8, in_bits), image(4, 4, 8, out_bits));
      EXPECT_EQ(dsp(program, layer<Conv2dKernel>()).variant, KernelVariant::dsp);
      EXPECT_EQ(dsp(program, layer<DepthwiseConv2dKernel>(3, 1, 1)).variant, KernelVariant::dsp);
      auto connected = layer<FullyConnectedKernel>();
      connected.weights.resize(128 * 128);
      EXPECT_EQ(dsp(program, connected).variant, KernelVariant::dsp);
      EXPECT_EQ(may_overwrite(program, layer<Conv2dKernel>(), 0, KernelVariant::dsp), in_bits == out_bits);
      EXPECT_EQ(may_overwrite(program, layer<DepthwiseConv2dKernel>(3, 1, 1), 0, KernelVariant::dsp), in_bits == out_bits);
      auto convolution = layer<Conv2dKernel>();
      convolution.weights.resize(64);
      convolution.bias.values.resize(8);
      EXPECT_EQ(packs_rows(program, convolution), in_bits == 8 && out_bits == 8);
    }
  }
  const auto scratch = [](int out_bits) { return dsp(program_of(image(4, 4, 8), image(4, 4, 8, out_bits)), layer<Conv2dKernel>()).scratch_bytes; };
  EXPECT_EQ(scratch(8), 24 * 2 + 3 * 8);
  EXPECT_EQ(scratch(16), 24 * 2 + 6 * 8);
}

TEST(Traits, AFewFullyConnectedWeightsRunAsAConvolutionWhereTheNetHasOne) {
  Program program = program_of(image(2, 2, 16), image(1, 1, 12));
  auto dense = layer<FullyConnectedKernel>();
  dense.weights.resize(64 * 12);
  auto convolution = layer<Conv2dKernel>();
  program.kernels = {dense};
  EXPECT_FALSE(runs_as_convolution(program, dense));
  EXPECT_EQ(dsp(program, dense).scratch_bytes, 128);
  program.kernels = {convolution, dense};
  EXPECT_TRUE(runs_as_convolution(program, dense));
  EXPECT_EQ(dsp(program, dense).scratch_bytes, 24 * 16 + 3 * 12);
  const Conv2dKernel same = as_convolution(program, dense);
  EXPECT_EQ(same.kernel_h * same.kernel_w, 4);
  EXPECT_EQ(mac_count(program, same), mac_count(program, dense));
  program.kernels = {convolution, dense, dense, dense};
  EXPECT_FALSE(runs_as_convolution(program, dense));
}

/// 5 inputs, 3 outputs: rows 1…5, 6…10, 11…15, or all `weight`.
Conv2dKernel three_rows(int weight = 0) {
  auto kernel = layer<Conv2dKernel>();
  for (int i = 0; i < 15; ++i) kernel.weights.push_back(static_cast<std::int8_t>(weight == 0 ? i + 1 : weight));
  kernel.bias = {.format = {8, 4}, .values = {3, -5, 7}, .shift = 2};
  kernel.epilogue.out_shift = 5;
  return kernel;
}

TEST(DspLayout, RowsOfAConvolutionShareHalvesWhereAccumulatorsAreSmall) {
  const Program program = program_of(image(1, 1, 5), image(1, 1, 3));
  Conv2dKernel kernel = three_rows();
  const ReorderedConstants constants = dsp_constants(program, kernel);
  EXPECT_TRUE(packs_rows(program, kernel));
  constexpr std::int8_t kZero = -128;  // of an even row
  EXPECT_EQ(constants.weights, (std::vector<std::int8_t>{-127, 6, -125, 8, -126, 7, -124, 9, -123, 10, kZero, 0, kZero, 0, kZero, 0,  //
                                                         -117, 0, -115, 0, -116, 0, -114, 0, -113, 0, kZero, 0, kZero, 0, kZero, 0}));
  EXPECT_EQ(constants.biases, (std::vector<std::int32_t>{12 + 16, 256 * (-20 + 16), 28 + 16, 0}));
  EXPECT_TRUE(constants.out_shifts.empty());
  EXPECT_EQ(constants.group_size, 16U);
  kernel.epilogue.out_shifts = {5, 0, 1};
  EXPECT_EQ(dsp_constants(program, kernel).biases, (std::vector<std::int32_t>{12 + 16, 256 * -20, 28 + 1, 0}));
  EXPECT_EQ(dsp_constants(program, kernel).out_shifts, (std::vector<std::uint8_t>{5, 8, 1, 0}));
}

TEST(DspLayout, RowsAreApartWhereAnAccumulatorOfAnOddRowMayReach2To23) {
  const Program program = program_of(image(1, 1, 5), image(1, 1, 3));
  // 5 inputs of -128 times -128 are 81,920; the bias fills up to 2^23 - 1, with a rounding of 16.
  Conv2dKernel kernel = three_rows(-128);
  kernel.bias = {.format = {32, 8}, .values = {0, (1 << 23) - 1 - 81920 - 16, 0}, .shift = 0};
  EXPECT_TRUE(packs_rows(program, kernel));
  kernel.bias.values[1] += 1;
  EXPECT_FALSE(packs_rows(program, kernel));
  std::swap(kernel.bias.values[0], kernel.bias.values[1]);  // of even rows 32 bits are enough
  EXPECT_TRUE(packs_rows(program, kernel));
  kernel.epilogue.out_shift = 24;
  EXPECT_FALSE(packs_rows(program, kernel));

  kernel = three_rows();
  kernel.bias.values[1] = 1 << 22;
  const ReorderedConstants constants = dsp_constants(program, kernel);
  EXPECT_EQ(constants.weights, (std::vector<std::int8_t>{1, 2, 3, 4, 6, 7, 8, 9, 5, 0, 0, 0, 10, 0, 0, 0, 11, 12, 13, 14, 0, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(constants.biases, (std::vector<std::int32_t>{12 + 16, (1 << 24) + 16, 28 + 16, 0}));
}

TEST(DspLayout, DepthwiseConvolutionsHaveTheWindowOfAChannelColumnByColumn) {
  const Program program = program_of(image(3, 2, 2), image(1, 1, 2));
  auto kernel = layer<DepthwiseConv2dKernel>();
  kernel.kernel_h = 3;
  kernel.kernel_w = 2;
  for (int i = 0; i < 12; ++i) kernel.weights.push_back(static_cast<std::int8_t>(i));  // [ky][kx][channel]
  kernel.bias = {.format = {32, 8}, .values = {100, 200}, .shift = 0};
  EXPECT_EQ(dsp_constants(program, kernel).weights, (std::vector<std::int8_t>{0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11}));
  EXPECT_EQ(dsp_constants(program, kernel).biases, (std::vector<std::int32_t>{100, 200}));
}

TEST(DspLayout, FullyConnectedLayersHaveFourRowsInGroupsOfFourColumns) {
  const Program program = program_of(image(1, 1, 2), image(1, 1, 5));
  auto kernel = layer<FullyConnectedKernel>();
  for (int i = 0; i < 10; ++i) kernel.weights.push_back(static_cast<std::int8_t>(i + 1));
  kernel.bias.values.resize(5);
  EXPECT_EQ(dsp_constants(program, kernel).weights,
            (std::vector<std::int8_t>{1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0, 9, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(MveLayout, RowsStandInBlocksOfFourAndChannelsTogether) {
  const Program rows = program_of(image(1, 1, 18), image(1, 1, 5));
  auto connected = layer<FullyConnectedKernel>();
  for (int i = 0; i < 90; ++i) connected.weights.push_back(static_cast<std::int8_t>(i));
  connected.bias.values.assign(5, 3);
  const ReorderedConstants constants = mve_constants(rows, connected);
  ASSERT_EQ(constants.weights.size(), 2U * 2 * 4 * 16);
  const auto weight = [&](std::size_t block, std::size_t vector, std::size_t row, std::size_t column) { return int{constants.weights[((block * 2 + vector) * 4 + row) * 16 + column]}; };
  EXPECT_EQ(weight(0, 0, 3, 15), 3 * 18 + 15);
  EXPECT_EQ(weight(0, 1, 2, 1), 2 * 18 + 17);
  EXPECT_EQ(weight(1, 1, 0, 0), 4 * 18 + 16);
  EXPECT_EQ(weight(0, 1, 2, 2), 0);
  EXPECT_EQ(weight(1, 0, 1, 0), 0);
  EXPECT_EQ(constants.biases, (std::vector<std::int32_t>{3, 3, 3, 3, 3, 0, 0, 0}));

  const Program image_program = program_of(image(2, 1, 2), image(1, 1, 2));
  auto depthwise = layer<DepthwiseConv2dKernel>();
  depthwise.kernel_h = 2;
  depthwise.weights = {1, 2, 3, 4};  // [ky][kx][channel]
  depthwise.bias.values.resize(2);
  EXPECT_EQ(mve_constants(image_program, depthwise).weights, (std::vector<std::int8_t>{1, 3, 2, 4}));
}

TEST(MveLayout, WindowsOfNarrowImagesFitOneVector) {
  const auto is_narrow_of = [](int width, int stride) {
    return is_narrow(program_of(image(9, width, 8), image((9 - 1) / stride + 1, (width - 1) / stride + 1, 8)), layer<DepthwiseConv2dKernel>(3, stride, 1));
  };
  EXPECT_TRUE(is_narrow_of(5, 1));
  EXPECT_FALSE(is_narrow_of(6, 1));
  EXPECT_FALSE(is_narrow_of(5, 2));
}

TEST(Traits, WhatHasNoMveFormRunsItsDspForm) {
  const auto form = [](const Program& program, const Kernel& kernel) { return traits_of(program, kernel, KernelVariant::mve).variant; };
  EXPECT_EQ(form(program_of(image(4, 4, 8), image(4, 4, 8)), layer<Conv2dKernel>()), KernelVariant::mve);
  EXPECT_EQ(form(program_of(image(4, 4, 8, 16), image(4, 4, 8)), layer<Conv2dKernel>()), KernelVariant::dsp);
  EXPECT_EQ(form(program_of(image(4, 4, 8, 16), image(4, 4, 8, 16)), layer<SoftmaxKernel>()), KernelVariant::ref);
}

TEST(DspLayout, FlashCountsWhatIsFilledUp) {
  Program program = program_of(image(1, 1, 5), image(1, 1, 3));
  auto kernel = layer<Conv2dKernel>();
  kernel.weights.resize(15);
  kernel.bias.values.resize(3);
  program.kernels = {kernel};
  EXPECT_EQ(constant_bytes(program, KernelVariant::ref), 15 + 3);
  EXPECT_EQ(constant_bytes(program, KernelVariant::dsp), 32 + 4 * 4);
}

}  // namespace
}  // namespace qmn
