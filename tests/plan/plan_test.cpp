// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include "programs.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace qmn {
namespace {

/// A chain or a tree with several readers of a tensor, dead ends, kernels in place, and logits anywhere.
Program random_program() {
  Program program;
  program.input = add_tensor(program, *rc::gen::inRange(1, 5000));
  const int kernel_count = *rc::gen::inRange(1, 14);
  const bool is_chain = *rc::gen::arbitrary<bool>();
  for (int i = 0; i < kernel_count; ++i) {
    const int tensor_count = static_cast<int>(program.tensors.size());
    const TensorId input = is_chain ? tensor_count - 1 : *rc::gen::inRange(0, tensor_count);
    if (*rc::gen::inRange(0, 3) == 0) {
      add_in_place(program, input);
    } else {
      add_layer(program, input, *rc::gen::inRange(1, 5000));
    }
  }
  const int tensor_count = static_cast<int>(program.tensors.size());
  program.output = tensor_count - 1;
  program.logits = *rc::gen::arbitrary<bool>() ? program.output : *rc::gen::inRange(0, tensor_count);
  return program;
}

TEST(Plan, IsValidForRandomPrograms) {
  EXPECT_TRUE(rc::check("validate_plan accepts plan_memory", [] {
    const Program program = random_program();
    const MemoryPlan plan = plan_memory(program);
    RC_ASSERT(validate_plan(program, plan) == "");
    RC_ASSERT(plan.lower_bound_bytes <= plan.arena_bytes);
    RC_ASSERT(plan.arena_bytes % kArenaAlignment == 0);
    std::int64_t all_bytes = 0;
    for (const ProgramTensor& tensor : program.tensors)
      all_bytes += (tensor.size_bytes() + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
    RC_ASSERT(plan.arena_bytes <= all_bytes);
  }));
}

TEST(Plan, SaysWhetherItIsOptimal) {
  EXPECT_EQ(arena_text(8924, 8924), "8924 bytes, optimal: as many are alive at once");
  EXPECT_EQ(arena_text(9000, 8924), "9000 bytes, near-optimal: 76 above the bound of 8924, the most that are alive at once");
}

TEST(Plan, IsTheSameEveryTime) {
  EXPECT_TRUE(rc::check("plan_memory is deterministic", [] {
    const Program program = random_program();
    const MemoryPlan first = plan_memory(program), second = plan_memory(program);
    RC_ASSERT(first.offsets == second.offsets);
    RC_ASSERT(first.arena_bytes == second.arena_bytes);
  }));
}

TEST(Plan, AChainNeedsItsLargestPairOfNeighbours) {
  EXPECT_TRUE(rc::check("a chain reaches the lower bound", [] {
    auto sizes = *rc::gen::container<std::vector<int>>(*rc::gen::inRange<std::size_t>(2, 12), rc::gen::inRange(1, 3000));
    for (int& size : sizes) size *= kArenaAlignment;
    const MemoryPlan plan = plan_memory(chain(sizes));
    std::int64_t largest_pair = 0;
    for (std::size_t i = 1; i < sizes.size(); ++i) largest_pair = std::max<std::int64_t>(largest_pair, sizes[i - 1] + sizes[i]);
    RC_ASSERT(plan.lower_bound_bytes == largest_pair);
    RC_ASSERT(plan.arena_bytes == largest_pair);
  }));
}

TEST(Plan, DsCnnSFitsIntoItsLargestPair) {
  Program program = chain({490, 8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000, 64, 12});
  const MemoryPlan plan = plan_memory(program);
  EXPECT_EQ(plan.arena_bytes, 16000);
  EXPECT_EQ(plan.lower_bound_bytes, 16000);
}

/// DS-CNN S as its kernels: conv 10x4, four depthwise and pointwise pairs, pool, fully connected.
Program ds_cnn_s() {
  Program program;
  const auto add = [&](int height, int width, int channels) {
    const TensorId id = add_tensor(program, channels);
    program.tensors.back().height = height;
    program.tensors.back().width = width;
    return id;
  };
  TensorId last = program.input = add(49, 10, 1);
  const auto push = [&](auto kernel, const std::string& name, int height, int width, int channels) {
    kernel.name = name;
    kernel.input = last;
    last = kernel.output = add(height, width, channels);
    program.kernels.push_back(std::move(kernel));
  };
  Conv2dKernel first;
  first.kernel_h = 10, first.kernel_w = 4, first.stride_h = first.stride_w = 2, first.pad_top = 4, first.pad_left = 1;
  push(first, "conv", 25, 5, 64);
  for (int i = 0; i < 4; ++i) {
    DepthwiseConv2dKernel depthwise;
    depthwise.kernel_h = depthwise.kernel_w = 3, depthwise.pad_top = depthwise.pad_left = 1;
    push(depthwise, "dw", 25, 5, 64);
    push(Conv2dKernel{}, "pw", 25, 5, 64);
  }
  AveragePool2dKernel pool;
  pool.kernel_h = 25, pool.kernel_w = 5;
  push(pool, "pool", 1, 1, 64);
  push(FullyConnectedKernel{}, "fc", 1, 1, 12);
  program.logits = program.output = last;
  return program;
}

TEST(Plan, WithDspKernelsDsCnnSNeedsOneImageAndScratch) {
  const Program program = ds_cnn_s();
  EXPECT_EQ(plan_memory(program).arena_bytes, 16000);
  const MemoryPlan plan = plan_memory(program, KernelVariant::dsp);
  // The first convolution: its input of 490 bytes, its output of 8000, three windows of 40 values in 16 bits and three pixels of 64.
  EXPECT_EQ(plan.lower_bound_bytes, 492 + 8000 + 3 * 2 * 40 + 3 * 64);
  EXPECT_EQ(plan.arena_bytes, plan.lower_bound_bytes);
  for (std::size_t tensor = 2; tensor <= 9; ++tensor) EXPECT_EQ(plan.offsets[tensor], plan.offsets[1]) << tensor;
}

TEST(Plan, ScratchIsPlacedForRandomPrograms) {
  EXPECT_TRUE(rc::check("validate_plan accepts plans with scratch", [] {
    Program program;
    program.input = add_tensor(program, *rc::gen::inRange(1, 600));
    const int kernel_count = *rc::gen::inRange(1, 10);
    for (int i = 0; i < kernel_count; ++i) {
      const int tensor_count = static_cast<int>(program.tensors.size());
      const TensorId input = *rc::gen::inRange(0, tensor_count);
      if (*rc::gen::inRange(0, 4) == 0) add_in_place(program, input);
      else if (*rc::gen::arbitrary<bool>()) add_pointwise(program, input);
      else add_layer(program, input, *rc::gen::inRange(1, 600));
    }
    program.output = static_cast<int>(program.tensors.size()) - 1;
    program.logits = *rc::gen::inRange(0, program.output + 1);
    const MemoryPlan plan = plan_memory(program, KernelVariant::dsp);
    RC_ASSERT(validate_plan(program, plan) == "");
    RC_ASSERT(plan.lower_bound_bytes <= plan.arena_bytes);
  }));
}

TEST(Plan, KernelsInPlaceShareTheirInput) {
  Program program;
  program.input = add_tensor(program, 1000);
  const TensorId second = add_in_place(program, program.input);
  const TensorId third = add_in_place(program, second);
  program.logits = program.output = add_layer(program, third, 12);
  const MemoryPlan plan = plan_memory(program);
  EXPECT_EQ(plan.offsets[0], plan.offsets[static_cast<std::size_t>(second)]);
  EXPECT_EQ(plan.offsets[0], plan.offsets[static_cast<std::size_t>(third)]);
  EXPECT_EQ(plan.arena_bytes, 1012);
}

TEST(Plan, NothingOverwritesATensorThatIsReadLater) {
  Program program;
  program.input = add_tensor(program, 1000);
  add_in_place(program, program.input);
  program.logits = program.output = add_layer(program, program.input, 12);  // reads the input after the kernel in place
  EXPECT_EQ(plan_memory(program).lower_bound_bytes, 2000);
}

TEST(Plan, LogitsLiveUntilTheEnd) {
  Program program;
  program.input = add_tensor(program, 100);
  program.logits = add_layer(program, program.input, 12);
  program.output = add_in_place(program, program.logits);  // scores: may not overwrite the logits
  const MemoryPlan plan = plan_memory(program);
  EXPECT_NE(plan.offsets[static_cast<std::size_t>(program.logits)], plan.offsets[static_cast<std::size_t>(program.output)]);
  EXPECT_EQ(validate_plan(program, plan), "");
}

TEST(Plan, FindsTheTightFitThatSortingBySizeMisses) {
  // Live together: {1,2}, {2,3}, … with a long-lived small tensor between them.
  Program program;
  program.input = add_tensor(program, 400);
  const TensorId early = add_layer(program, program.input, 100);
  const TensorId a = add_layer(program, program.input, 800);
  const TensorId b = add_layer(program, a, 600);
  const TensorId c = add_layer(program, b, 900);
  add_layer(program, c, 300);
  program.logits = program.output = add_layer(program, early, 40);
  const MemoryPlan plan = plan_memory(program);
  EXPECT_EQ(plan.lower_bound_bytes, 1600);
  EXPECT_EQ(plan.arena_bytes, plan.lower_bound_bytes);
}

}  // namespace
}  // namespace qmn
