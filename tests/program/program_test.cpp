// SPDX-License-Identifier: Apache-2.0
#include "program/traits.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

ProgramTensor tensor(int height, int width, int channels) {
  ProgramTensor t;
  t.height = height;
  t.width = width;
  t.channels = channels;
  return t;
}

/// Tensor 0 → 1, of the given extents.
Program program_of(ProgramTensor input, ProgramTensor output) {
  Program program;
  program.tensors = {std::move(input), std::move(output)};
  program.input = 0;
  program.logits = program.output = 1;
  return program;
}

template <class K>
K kernel_over(const std::string& name) {
  K kernel;
  kernel.name = name;
  kernel.input = 0;
  kernel.output = 1;
  return kernel;
}

TEST(Program, CountsTheMacsOfTheLayersOfDsCnnS) {
  auto first = kernel_over<Conv2dKernel>("conv");
  first.kernel_h = 10;
  first.kernel_w = 4;
  EXPECT_EQ(mac_count(program_of(tensor(49, 10, 1), tensor(25, 5, 64)), first), 320000);
  auto depthwise = kernel_over<DepthwiseConv2dKernel>("dw");
  depthwise.kernel_h = depthwise.kernel_w = 3;
  EXPECT_EQ(mac_count(program_of(tensor(25, 5, 64), tensor(25, 5, 64)), depthwise), 72000);
  EXPECT_EQ(mac_count(program_of(tensor(25, 5, 64), tensor(25, 5, 64)), kernel_over<Conv2dKernel>("pw")), 512000);
  EXPECT_EQ(mac_count(program_of(tensor(1, 1, 64), tensor(1, 1, 12)), kernel_over<FullyConnectedKernel>("fc")), 768);
  EXPECT_EQ(mac_count(program_of(tensor(25, 5, 64), tensor(1, 1, 64)), kernel_over<AveragePool2dKernel>("pool")), 0);
  EXPECT_EQ(320000 + 4 * (72000 + 512000) + 768, 2656768);
}

TEST(Program, FullyConnectedCountsEveryValueOfAnImage) {
  EXPECT_EQ(mac_count(program_of(tensor(2, 3, 4), tensor(1, 1, 5)), kernel_over<FullyConnectedKernel>("fc")), 120);
}

TEST(Program, CountsTheConstantsOfFlash) {
  const Program program = program_of(tensor(1, 1, 6), tensor(1, 1, 5));
  auto dense = kernel_over<FullyConnectedKernel>("fc");
  dense.weights.resize(30);
  dense.bias.values.resize(5);
  EXPECT_EQ(constant_bytes(program, dense, KernelVariant::ref), 35);
  dense.bias.format = {32, 10};
  EXPECT_EQ(constant_bytes(program, dense, KernelVariant::ref), 50);
  auto softmax = kernel_over<SoftmaxKernel>("softmax");
  softmax.exp_table.resize(256);
  EXPECT_EQ(constant_bytes(program, softmax, KernelVariant::ref), 512);
  EXPECT_EQ(constant_bytes(program, kernel_over<RequantizeKernel>("relu"), KernelVariant::ref), 0);
}

TEST(Program, KernelsThatWorkValueByValueMayOverwriteAnInputOfTheirOutputsType) {
  const Program program = program_of(tensor(1, 1, 4), tensor(1, 1, 4));
  EXPECT_TRUE(traits_of(program, kernel_over<RequantizeKernel>("a"), KernelVariant::ref).can_alias_input);
  EXPECT_TRUE(traits_of(program, kernel_over<SoftmaxKernel>("b"), KernelVariant::ref).can_alias_input);
  EXPECT_FALSE(traits_of(program, kernel_over<Conv2dKernel>("c"), KernelVariant::ref).can_alias_input);
  EXPECT_FALSE(traits_of(program, kernel_over<DepthwiseConv2dKernel>("d"), KernelVariant::ref).can_alias_input);
  EXPECT_FALSE(traits_of(program, kernel_over<FullyConnectedKernel>("e"), KernelVariant::ref).can_alias_input);
  EXPECT_FALSE(traits_of(program, kernel_over<AveragePool2dKernel>("f"), KernelVariant::ref).can_alias_input);
  EXPECT_FALSE(traits_of(program, kernel_over<CopyKernel>("g"), KernelVariant::ref).can_alias_input);
  Program mixed = program;
  mixed.tensors.push_back(tensor(1, 1, 4));
  mixed.tensors[2].format.total_bits = 16;
  MulKernel mul;
  mul.left = 2;
  mul.right = 0;
  mul.output = 1;
  EXPECT_TRUE(may_overwrite(mixed, mul, 0, KernelVariant::ref));
  EXPECT_FALSE(may_overwrite(mixed, mul, 2, KernelVariant::dsp));  // int8 over int16
}

/// FC 4 → 3 in a loop of 5 steps.
Program looped() {
  Program program = program_of(tensor(5, 1, 4), tensor(1, 1, 3));
  program.tensors.push_back(tensor(1, 1, 4));
  program.tensors.push_back(tensor(1, 1, 3));
  LoopKernel loop;
  loop.name = "scan";
  loop.step_count = 5;
  loop.inputs = {{0, 2}};
  loop.states = {{1, 3}};
  auto dense = kernel_over<FullyConnectedKernel>("fc");
  dense.input = 2;
  dense.output = 3;
  dense.weights.resize(12);
  dense.bias.values.resize(3);
  loop.body.emplace_back(dense);
  program.kernels.emplace_back(std::move(loop));
  return program;
}

TEST(Program, ALoopCountsItsBodyForEachStepAndItsConstantsOnce) {
  const Program program = looped();
  EXPECT_EQ(mac_count(program, program.kernels[0]), 5 * 12);
  EXPECT_EQ(constant_bytes(program, program.kernels[0], KernelVariant::ref), 15);
  EXPECT_EQ(inputs_of(program.kernels[0]), (std::vector<TensorId>{0, 1}));
  EXPECT_EQ(outputs_of(program.kernels[0]), std::vector<TensorId>{1});
  std::vector<std::pair<std::string, std::int64_t>> visited;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t runs) { visited.emplace_back(kernel_name(kernel), runs); });
  EXPECT_EQ(visited, (std::vector<std::pair<std::string, std::int64_t>>{{"scan", 1}, {"fc", 5}}));
}

TEST(Program, KernelsSayWhatTheyAre) {
  const Kernel kernel = kernel_over<DepthwiseConv2dKernel>("dw_1");
  EXPECT_EQ(kernel_name(kernel), "dw_1");
  EXPECT_STREQ(kernel_op(kernel), "depthwise_conv2d");
  EXPECT_EQ(inputs_of(kernel), std::vector<TensorId>{0});
  EXPECT_EQ(outputs_of(kernel), std::vector<TensorId>{1});
}

}  // namespace
}  // namespace qmn
