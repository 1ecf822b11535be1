// SPDX-License-Identifier: Apache-2.0
// What CMSIS-NN runs and what it does not, with the reason; its scratch, its constants and the order of q7's rows.
#include "program/cmsis_nn.h"

#include "program/traits.h"

#include <gtest/gtest.h>

#include <numeric>

namespace qmn {
namespace {

constexpr KernelVariant kQ7 = KernelVariant::cmsis_nn_q7, kS8 = KernelVariant::cmsis_nn_s8, kHelium = KernelVariant::cmsis_nn_s8_mve;

ProgramTensor image(int height, int width, int channels, int bits = 8) {
  return {.name = "t", .height = height, .width = width, .channels = channels, .format = {bits, 4}};
}

/// One kernel from tensor 0 to tensor 1, with its weights.
struct Case {
  template <class K>
  Case(ProgramTensor input, ProgramTensor output, K k) {
    program.tensors = {std::move(input), std::move(output)};
    program.input = 0;
    program.logits = program.output = 1;
    k.name = "k";
    if constexpr (requires { k.input; }) k.input = 0;
    else k.left = k.right = 0;
    k.output = 1;
    if constexpr (requires { k.epilogue; }) {
      k.epilogue.out_shift = 7;
      k.bias.format = {8, 7};
      k.bias.values.assign(static_cast<std::size_t>(program.tensor(1).channels), 1);
      k.weights.assign(64, 1);
    }
    program.kernels.push_back(std::move(k));
  }
  Kernel& kernel() { return program.kernels.front(); }
  std::string obstacle(KernelVariant variant) const { return cmsis_nn_obstacle(program, program.kernels.front(), variant).value_or(""); }
  std::string function(KernelVariant variant) const { return cmsis_nn_function(program, program.kernels.front(), variant); }
  std::int64_t scratch(KernelVariant variant) const { return traits_of(program, program.kernels.front(), variant).scratch_bytes; }
  Program program;
};

template <class K>
K window(int height, int width, int stride, int pad) {
  K k;
  k.kernel_h = height, k.kernel_w = width;
  k.stride_h = k.stride_w = stride;
  k.pad_top = k.pad_left = pad;
  return k;
}

TEST(CmsisNn, ConvolutionsTakeTheFunctionThatTheirShapeAllows) {
  EXPECT_EQ(Case(image(9, 9, 3), image(9, 9, 8), window<Conv2dKernel>(3, 3, 1, 1)).function(kQ7), "arm_convolve_HWC_q7_basic_nonsquare");
  EXPECT_EQ(Case(image(9, 9, 4), image(9, 9, 8), window<Conv2dKernel>(3, 3, 1, 1)).function(kQ7), "arm_convolve_HWC_q7_fast_nonsquare");
  EXPECT_EQ(Case(image(9, 9, 4), image(9, 9, 7), window<Conv2dKernel>(3, 3, 1, 1)).function(kQ7), "arm_convolve_HWC_q7_basic_nonsquare");
  EXPECT_EQ(Case(image(8, 8, 4), image(4, 4, 8), window<Conv2dKernel>(3, 3, 2, 0)).function(kQ7), "arm_convolve_HWC_q7_basic_nonsquare");  // padded at the end alone
  EXPECT_EQ(Case(image(9, 9, 4), image(9, 9, 8), window<Conv2dKernel>(1, 1, 1, 0)).function(kQ7), "arm_convolve_1x1_HWC_q7_fast_nonsquare");
  EXPECT_EQ(Case(image(9, 9, 4), image(5, 5, 8), window<Conv2dKernel>(1, 1, 2, 0)).function(kQ7), "arm_convolve_HWC_q7_fast_nonsquare");
  EXPECT_EQ(Case(image(9, 9, 3), image(9, 9, 8), window<Conv2dKernel>(3, 3, 1, 1)).function(kS8), "arm_convolve_wrapper_s8");
}

TEST(CmsisNn, WhatItCannotExpressIsNamed) {
  Case conv(image(9, 9, 4), image(9, 9, 8), window<Conv2dKernel>(3, 3, 1, 1));
  auto& kernel = std::get<Conv2dKernel>(conv.kernel());
  for (const KernelVariant variant : {kQ7, kS8, kHelium}) EXPECT_EQ(conv.obstacle(variant), "");
  kernel.bias.format.total_bits = 32;
  EXPECT_NE(conv.obstacle(kQ7).find("its bias has 32 bits"), std::string::npos);
  EXPECT_EQ(conv.obstacle(kS8), "");
  kernel.bias.format.total_bits = 8;
  kernel.dilation_h = 2;
  EXPECT_EQ(conv.obstacle(kQ7), "its window is dilated");
  EXPECT_EQ(conv.obstacle(kS8), "");
  kernel.dilation_h = 1;
  kernel.epilogue.clip_min = 0, kernel.epilogue.clip_max = 96;
  EXPECT_EQ(conv.obstacle(kQ7), "it clips at 0 and 96");
  EXPECT_EQ(conv.obstacle(kS8), "");
  kernel.epilogue = {.out_shift = 7, .clip_min = 0};
  EXPECT_EQ(conv.obstacle(kQ7), "");
  kernel.epilogue.out_shifts.assign(8, 7);
  EXPECT_NE(conv.obstacle(kQ7).find("shifts of their own"), std::string::npos);
  EXPECT_EQ(conv.obstacle(kS8), "");
  conv.program.tensors[1].format.total_bits = 16;
  for (const KernelVariant variant : {kQ7, kS8, kHelium}) EXPECT_EQ(conv.obstacle(variant), "its output has 16 bits");
  EXPECT_EQ(Case(image(9, 9, 4), image(9, 9, 8), window<DepthwiseConv2dKernel>(3, 3, 1, 1)).obstacle(kQ7), "it has more outputs than inputs");
  EXPECT_EQ(Case(image(9, 9, 4), image(9, 9, 4), window<DepthwiseConv2dKernel>(1, 1, 1, 0)).obstacle(kQ7), "its window is a single value");
  EXPECT_EQ(Case(image(1, 1, 3), image(1, 1, 4), FullyConnectedKernel{}).obstacle(kQ7), "it has less than 4 inputs");
  EXPECT_EQ(Case(image(1, 1, 3), image(1, 1, 4), SoftmaxKernel{}).obstacle(kQ7), "CMSIS-NN's has base 2");
  EXPECT_EQ(Case(image(1, 1, 3), image(1, 1, 4), SoftmaxKernel{}).obstacle(kS8), "CMSIS-NN's exponentials are others");
}

TEST(CmsisNn, SmallShiftsOfLargeAccumulatorsAreRefusedByS8) {
  Case layer(image(1, 1, 64), image(1, 1, 1), FullyConnectedKernel{});
  auto& kernel = std::get<FullyConnectedKernel>(layer.kernel());
  kernel.epilogue.out_shift = 1;
  EXPECT_EQ(layer.obstacle(kS8), "");
  kernel.bias = {.format = {32, 7}, .values = {1 << 29}, .shift = 0};
  EXPECT_NE(layer.obstacle(kS8).find("too large for a shift below 2"), std::string::npos);
  kernel.epilogue.out_shift = 2;
  EXPECT_EQ(layer.obstacle(kS8), "");
}

TEST(CmsisNn, PoolsRunInS8WhereTheirNumbersAreTheReferences) {
  EXPECT_EQ(Case(image(3, 3, 4), image(1, 1, 4), window<AveragePool2dKernel>(3, 3, 1, 0)).obstacle(kS8), "");  // nine values have no tie
  EXPECT_EQ(Case(image(2, 2, 4), image(1, 1, 4), window<AveragePool2dKernel>(2, 2, 1, 0)).obstacle(kS8), "CMSIS-NN's moves negative ties down");
  EXPECT_EQ(Case(image(3, 3, 4), image(3, 3, 4), window<AveragePool2dKernel>(3, 3, 1, 1)).obstacle(kS8), "CMSIS-NN's moves negative ties down");  // windows of four at the corners
  auto changed = window<MaxPool2dKernel>(2, 2, 1, 0);
  EXPECT_EQ(Case(image(2, 2, 4), image(1, 1, 4), changed).obstacle(kS8), "");
  changed.right_shift = 1;
  EXPECT_EQ(Case(image(2, 2, 4), image(1, 1, 4), changed).obstacle(kS8), "it changes the format");
  EXPECT_NE(Case(image(2, 2, 4), image(1, 1, 4), window<MaxPool2dKernel>(2, 2, 1, 0)).obstacle(kQ7), "");
}

TEST(CmsisNn, ScratchIsWhatTheLibraryAsksFor) {
  const Case conv(image(9, 9, 3), image(9, 9, 8), window<Conv2dKernel>(3, 3, 1, 1)), depthwise(image(9, 9, 6), image(9, 9, 6), window<DepthwiseConv2dKernel>(3, 3, 1, 1)),
      wide(image(9, 9, 6), image(9, 9, 6), window<DepthwiseConv2dKernel>(5, 5, 1, 2)), layer(image(1, 1, 10), image(1, 1, 6), FullyConnectedKernel{});
  EXPECT_EQ(conv.scratch(kQ7), 2 * 2 * 27);
  EXPECT_EQ(conv.scratch(kS8), 2 * 2 * 28);
  EXPECT_EQ(conv.scratch(kHelium), 4 * 32);
  EXPECT_EQ(depthwise.scratch(kQ7), 2 * 6 * 9);
  EXPECT_EQ(depthwise.scratch(kS8), 0);
  EXPECT_EQ(wide.scratch(kS8), 2 * 6 * 25);
  EXPECT_EQ(wide.scratch(kHelium), 4 * 124 * 25);
  EXPECT_EQ(layer.scratch(kQ7), 20);
  EXPECT_EQ(layer.scratch(kHelium), 0);
  EXPECT_FALSE(may_overwrite(depthwise.program, depthwise.program.kernels.front(), 0, kS8));
}

TEST(CmsisNn, ConstantsAreCountedWithTheShiftsAndMultipliersOfS8) {
  const Case conv(image(9, 9, 3), image(9, 9, 8), window<Conv2dKernel>(3, 3, 1, 1));
  EXPECT_EQ(constant_bytes(conv.program, kQ7), 64 + 8);
  EXPECT_EQ(constant_bytes(conv.program, kS8), 64 + 4 * 8 + 4 * 8 + 4 * 8);
}

TEST(CmsisNn, RowsOfQ7AreInterleavedAsTheNumpyModelHasThem) {
  std::vector<std::int8_t> matrix(36);
  std::iota(matrix.begin(), matrix.end(), std::int8_t{0});
  EXPECT_EQ(cmsis_nn_q7_rows(matrix, 6, 6), (std::vector<std::int8_t>{0,  6,  2,  8,  12, 18, 14, 20, 1,  7,  3,  9,  13, 19, 15, 21, 4,  10,
                                                                      16, 22, 5,  11, 17, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35}));
}

}  // namespace
}  // namespace qmn
