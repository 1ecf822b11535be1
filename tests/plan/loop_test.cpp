// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include "programs.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

namespace qmn {
namespace {

/// A loop whose body is filled kernel by kernel.
class LoopBuilder {
 public:
  explicit LoopBuilder(int step_count) { loop_.step_count = step_count; loop_.name = "loop"; }

  Program program;

  TensorId add_state(int size_bytes) {
    FillKernel fill;
    fill.name = fmt::format("fill{}", program.tensors.size());
    fill.output = add_tensor(program, size_bytes);
    program.kernels.emplace_back(fill);
    return fill.output;
  }
  TensorId add_input(TensorId outer) {
    const TensorId slice = add_tensor(program, program.tensor(outer).size_bytes() / loop_.step_count);
    loop_.inputs.push_back({outer, slice});
    return slice;
  }
  /// Reads `inputs`; the output may lie over one of its size.
  TensorId add_sum(TensorId left, TensorId right) {
    AddKernel kernel;
    kernel.name = fmt::format("add{}", program.tensors.size());
    kernel.left = left;
    kernel.right = right;
    kernel.output = add_tensor(program, program.tensor(left).size_bytes());
    loop_.body.emplace_back(kernel);
    return kernel.output;
  }
  TensorId add_dense(TensorId input, int size_bytes) {
    FullyConnectedKernel kernel;
    kernel.name = fmt::format("dense{}", program.tensors.size());
    kernel.input = input;
    kernel.output = add_tensor(program, size_bytes);
    loop_.body.emplace_back(kernel);
    return kernel.output;
  }
  /// The body writes a piece of the returned tensor.
  TensorId add_output(TensorId input, int size_bytes) {
    const TensorId outer = add_tensor(program, size_bytes * loop_.step_count);
    loop_.outputs.push_back({outer, add_dense(input, size_bytes)});
    return outer;
  }
  void carry(TensorId state, TensorId next) { loop_.states.push_back({state, next}); }
  void close() { program.kernels.emplace_back(std::move(loop_)); }

 private:
  LoopKernel loop_;
};

/// Bodies that read slices, states, what stands outside and earlier results; states that are read before and after their next value is
/// written; outputs of all steps; readers behind the loop.
Program random_loop() {
  const int steps = *rc::gen::inRange(1, 5);
  LoopBuilder builder(steps);
  Program& program = builder.program;
  program.input = add_tensor(program, steps * *rc::gen::inRange(1, 200));
  const TensorId frames = add_layer(program, program.input, steps * *rc::gen::inRange(1, 200));
  const TensorId outside = add_layer(program, frames, 40);
  std::vector<TensorId> readable{outside, builder.add_input(frames)};
  if (*rc::gen::arbitrary<bool>()) readable.push_back(builder.add_input(program.input));
  std::vector<TensorId> states, written;
  for (int i = 0; i < *rc::gen::inRange(1, 4); ++i) states.push_back(builder.add_state(40));
  readable.insert(readable.end(), states.begin(), states.end());
  const int kernel_count = *rc::gen::inRange(3, 10);
  for (int i = 0; i < kernel_count; ++i) {
    const TensorId input = *rc::gen::elementOf(readable);
    std::vector<TensorId> same;
    std::copy_if(readable.begin(), readable.end(), std::back_inserter(same), [&](TensorId id) { return program.tensor(id).size_bytes() == program.tensor(input).size_bytes(); });
    const bool is_sum = *rc::gen::arbitrary<bool>();
    written.push_back(is_sum ? builder.add_sum(input, *rc::gen::elementOf(same)) : builder.add_dense(input, *rc::gen::inRange(0, 2) == 0 ? 40 : *rc::gen::inRange(1, 300)));
    readable.push_back(written.back());
  }
  std::vector<TensorId> behind = states;
  if (*rc::gen::arbitrary<bool>()) behind.push_back(builder.add_output(*rc::gen::elementOf(readable), *rc::gen::inRange(1, 60)));
  std::set<TensorId> taken;
  for (TensorId state : states) {
    const auto fits = std::find_if(written.begin(), written.end(), [&](TensorId id) { return program.tensor(id).size_bytes() == 40 && !taken.contains(id); });
    const TensorId next = fits == written.end() ? builder.add_dense(state, 40) : *fits;
    taken.insert(next);
    builder.carry(state, next);
  }
  builder.close();
  if (*rc::gen::arbitrary<bool>()) behind.push_back(outside);
  program.logits = program.output = add_layer(program, *rc::gen::elementOf(behind), 10);
  if (*rc::gen::arbitrary<bool>()) program.logits = states.front();
  return std::move(program);
}

TEST(PlanOfLoops, IsValidForRandomBodies) {
  EXPECT_TRUE(rc::check("validate_plan accepts plan_memory", [] {
    const Program program = random_loop();
    const MemoryPlan plan = plan_memory(program);
    RC_ASSERT(validate_plan(program, plan) == "");
    RC_ASSERT(plan.lower_bound_bytes <= plan.arena_bytes);
  }));
}

/// input 3 x 8 → loop: sum = x + state, next = sum + x → 4
struct Accumulator {
  LoopBuilder builder{3};
  TensorId x, state, sum, next;
  Accumulator() {
    Program& program = builder.program;
    program.input = add_tensor(program, 24);
    state = builder.add_state(8);
    x = builder.add_input(program.input);
    sum = builder.add_sum(x, state);
    next = builder.add_sum(sum, x);
    builder.carry(state, next);
  }
  Program finish() {
    builder.close();
    builder.program.logits = builder.program.output = add_layer(builder.program, state, 4);
    return builder.program;
  }
};

std::int64_t offset(const MemoryPlan& plan, TensorId id) { return plan.offsets[static_cast<std::size_t>(id)]; }

TEST(PlanOfLoops, AStateWhoseOldValueIsNoLongerReadSharesItsMemoryWithTheNext) {
  Accumulator net;
  const Program program = net.finish();
  const MemoryPlan plan = plan_memory(program);
  EXPECT_EQ(offset(plan, net.state), offset(plan, net.next));
  EXPECT_EQ(offset(plan, net.x), offset(plan, program.input));
  EXPECT_EQ(plan.arena_bytes, 24 + 8 + 8);  // input, state, sum
}

TEST(PlanOfLoops, AStateThatIsReadBehindItsNextValueKeepsItsOwnMemory) {
  Accumulator net;
  net.builder.add_output(net.state, 4);
  const Program program = net.finish();
  const MemoryPlan plan = plan_memory(program);
  EXPECT_NE(offset(plan, net.state), offset(plan, net.next));
}

TEST(PlanOfLoops, TheNextValueMayLieOverTheStateThatItsOwnKernelReads) {
  LoopBuilder builder(2);
  Program& program = builder.program;
  program.input = add_tensor(program, 16);
  const TensorId state = builder.add_state(8);
  const TensorId next = builder.add_sum(builder.add_input(program.input), state);
  builder.carry(state, next);
  builder.close();
  program.logits = program.output = add_layer(program, state, 4);
  const MemoryPlan plan = plan_memory(program);
  EXPECT_EQ(offset(plan, state), offset(plan, next));
  EXPECT_EQ(plan.arena_bytes, 24);
}

class ValidateLoop : public testing::Test {
 protected:
  /// Offsets of input, state, x, sum, next, result
  std::string fault(const std::vector<std::int64_t>& offsets, std::int64_t arena_bytes = 64) {
    MemoryPlan plan;
    plan.offsets = offsets;
    plan.arena_bytes = arena_bytes;
    return validate_plan(Accumulator().finish(), plan);
  }
};

TEST_F(ValidateLoop, AcceptsSharedAndCopiedStates) {
  EXPECT_EQ(fault({0, 24, 0, 32, 24, 32}), "");
  EXPECT_EQ(fault({0, 24, 0, 32, 40, 32}), "");
  EXPECT_EQ(fault({0, 24, 0, 32, 32, 32}), "");  // the next value over the sum, then copied
}

TEST_F(ValidateLoop, RejectsATemporaryOverWhatALaterStepReads) {
  EXPECT_NE(fault({0, 24, 0, 16, 32, 40}).find("whose byte 0 was overwritten by t3"), std::string::npos);  // over the last piece of the input
  EXPECT_NE(fault({0, 24, 0, 8, 32, 40}).find("was overwritten by t3"), std::string::npos);
}

TEST_F(ValidateLoop, RejectsStatesThatOverlapTheirNextValueInPart) {
  EXPECT_NE(fault({0, 24, 0, 40, 28, 48}).find("overlap in part"), std::string::npos);
}

TEST_F(ValidateLoop, RejectsSlicesThatLieElsewhere) {
  EXPECT_NE(fault({0, 24, 8, 32, 24, 32}).find("does not begin where t0 does"), std::string::npos);
}

}  // namespace
}  // namespace qmn
