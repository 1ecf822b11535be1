// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include "programs.h"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace qmn {
namespace {

/// input 8 → layer0 16 → layer1 4 (logits = output)
Program two_layers() { return chain({8, 16, 4}); }

MemoryPlan plan_of(std::vector<std::int64_t> offsets, std::int64_t arena_bytes) {
  MemoryPlan plan;
  plan.offsets = std::move(offsets);
  plan.arena_bytes = arena_bytes;
  return plan;
}

/// The fault begins with or holds `part`.
void expect_fault(const Program& program, const MemoryPlan& plan, const std::string& part) {
  const std::string fault = validate_plan(program, plan);
  EXPECT_NE(fault.find(part), std::string::npos) << "fault: '" << fault << "'";
}

TEST(ValidatePlan, AcceptsSpaceThatIsUsedAgain) {
  EXPECT_EQ(validate_plan(two_layers(), plan_of({0, 8, 0}, 24)), "");
  EXPECT_EQ(validate_plan(two_layers(), plan_of({16, 0, 20}, 24)), "");
  EXPECT_EQ(validate_plan(two_layers(), plan_of({0, 8, 24}, 28)), "");
}

TEST(ValidatePlan, RejectsAKernelThatOverwritesItsInput) {
  expect_fault(two_layers(), plan_of({0, 4, 20}, 24), "layer0 writes t1 over its own input t0");
  expect_fault(two_layers(), plan_of({0, 0, 16}, 24), "layer0 writes t1 over its own input t0");
  expect_fault(two_layers(), plan_of({0, 8, 20}, 24), "layer1 writes t2 over its own input t1");
}

TEST(ValidatePlan, RejectsTensorsOutsideTheArena) {
  expect_fault(two_layers(), plan_of({0, 8, 24}, 27), "t2 (4 bytes at offset 24) leaves the arena of 27 bytes");
  expect_fault(two_layers(), plan_of({-4, 8, 0}, 24), "t0 (8 bytes at offset -4) leaves the arena");
  expect_fault(two_layers(), plan_of({0, 8, std::int64_t{1} << 62}, 24), "leaves the arena");
}

TEST(ValidatePlan, RejectsMisalignedTensors) {
  expect_fault(two_layers(), plan_of({0, 9, 0}, 28), "t1 lies at offset 9, not a multiple of 4");
}

TEST(ValidatePlan, RejectsAPlanOfAnotherProgram) { expect_fault(two_layers(), plan_of({0, 8}, 24), "2 offsets for 3 tensors"); }

TEST(ValidatePlan, RejectsATensorThatIsOverwrittenBeforeItIsRead) {
  Program program;
  program.input = add_tensor(program, 8);
  const TensorId kept = add_layer(program, program.input, 8);
  const TensorId other = add_layer(program, program.input, 8);
  std::ignore = other;
  program.logits = program.output = add_layer(program, kept, 4);
  EXPECT_EQ(validate_plan(program, plan_of({0, 8, 16, 0}, 24)), "");
  expect_fault(program, plan_of({0, 8, 12, 0}, 24), "layer2 reads t1, whose byte 4 was overwritten by t2");
}

TEST(ValidatePlan, RejectsATensorThatIsNeverWritten) {
  Program program;
  program.input = add_tensor(program, 8);
  const TensorId orphan = add_tensor(program, 8);
  program.logits = program.output = add_layer(program, orphan, 4);
  expect_fault(program, plan_of({0, 8, 16}, 20), "layer0 reads t1, whose byte 0 was never written");
}

TEST(ValidatePlan, RejectsLogitsThatDoNotReachTheCaller) {
  Program program;
  program.input = add_tensor(program, 8);
  program.logits = add_layer(program, program.input, 8);
  const TensorId behind = add_layer(program, program.logits, 8);
  program.output = add_layer(program, behind, 8);
  EXPECT_EQ(validate_plan(program, plan_of({0, 8, 0, 16}, 24)), "");
  expect_fault(program, plan_of({0, 8, 0, 8}, 24), "the caller reads t1, whose byte 0 was overwritten by t3");
}

TEST(ValidatePlan, AllowsOnlyInPlaceKernelsOverTheirInputAndOnlyAtItsOffset) {
  Program program;
  program.input = add_tensor(program, 8);
  program.logits = program.output = add_in_place(program, program.input);
  EXPECT_EQ(validate_plan(program, plan_of({0, 0}, 8)), "");
  expect_fault(program, plan_of({0, 4}, 12), "requantize0 writes t1 over its own input t0");
}

/// input 8 → pointwise 8, whose scratch has 72 bytes under `dsp`: two groups for three windows, three pixels.
class ValidateScratch : public testing::Test {
 protected:
  ValidateScratch() {
    program_.input = add_tensor(program_, 8);
    kept_ = add_in_place(program_, program_.input);
    program_.logits = add_pointwise(program_, program_.input);
    program_.output = add_layer(program_, kept_, 4);
  }
  /// Offsets of input, kept, logits and output.
  std::string fault(std::vector<std::int64_t> offsets, std::int64_t scratch, std::int64_t arena_bytes = 120) const {
    MemoryPlan plan = plan_of(std::move(offsets), arena_bytes);
    plan.variant = KernelVariant::dsp;
    plan.scratch_offsets = {0, 0, scratch, 0};
    return validate_plan(program_, plan);
  }
  Program program_;
  TensorId kept_ = -1;
};

TEST_F(ValidateScratch, AcceptsScratchBesideWhatLives) {
  EXPECT_EQ(fault({0, 8, 0, 16}, 16), "");  // in place, and the output where the scratch was
  EXPECT_EQ(fault({0, 8, 16, 0}, 24), "");
}

TEST_F(ValidateScratch, RejectsScratchOverInputOutputOrWhatIsReadLater) {
  EXPECT_NE(fault({0, 8, 16, 112}, 0).find("overlaps its output"), std::string::npos);
  EXPECT_NE(fault({0, 80, 88, 0}, 4).find("pointwise1 reads t0, whose byte 4 was overwritten by scratch"), std::string::npos);
  EXPECT_NE(fault({0, 40, 112, 0}, 8).find("layer2 reads t1, whose byte 0 was overwritten by scratch"), std::string::npos);
}

TEST_F(ValidateScratch, RejectsScratchOutsideTheArenaMisalignedOrMissing) {
  EXPECT_NE(fault({0, 8, 0, 16}, 52).find("the scratch of pointwise1 (72 bytes at offset 52) leaves the arena"), std::string::npos);
  EXPECT_NE(fault({0, 8, 0, 16}, -4).find("leaves the arena"), std::string::npos);
  EXPECT_NE(fault({0, 8, 0, 16}, 18).find("not aligned to 4"), std::string::npos);
  MemoryPlan plan = plan_of({0, 8, 0, 16}, 120);
  plan.variant = KernelVariant::dsp;
  EXPECT_NE(validate_plan(program_, plan).find("no place for the scratch of pointwise1"), std::string::npos);
}

}  // namespace
}  // namespace qmn
