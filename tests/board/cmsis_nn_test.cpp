// SPDX-License-Identifier: Apache-2.0
// Projects whose layers run in CMSIS-NN, linked with the stand-ins: every tensor = the simulator's, byte for byte, on boards and host; and a
// library that rounds twice, or asks for more scratch, is found out.
#include "base/error.h"
#include "board/board.h"
#include "board/hand_quantized.h"
#include "board/stand_in.h"
#include "emit/compile.h"
#include "emit/programs.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "program/traits.h"
#include "simulate/random_nets.h"
#include "simulate/simulate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace qmn {
namespace {

struct Target {
  KernelVariant variant;
  std::string board;
};

const std::vector<std::string> kSingleRounding{"-DCMSIS_NN_USE_SINGLE_ROUNDING"};

std::vector<std::string> flags_of(KernelVariant variant) {
  if (variant == KernelVariant::cmsis_nn_q7) return {};
  std::vector<std::string> flags = kSingleRounding;
  if (variant == KernelVariant::cmsis_nn_s8_mve) flags.emplace_back("-DSTAND_IN_HELIUM");
  return flags;
}

StandIn stand_in_of(const Target& target) { return {target.variant == KernelVariant::cmsis_nn_q7 ? "q7" : "s8", target.board, flags_of(target.variant)}; }

void write_project(const Program& program, const MemoryPlan& plan, const std::string& board, const std::filesystem::path& folder) {
  write_files(emit_project(program, plan, {.board = board == "host" ? "mps2-an386" : board, .known_answers = known_answers(program, plan, extreme_inputs(program, 2, 9))}), folder);
}

/// How many kernels run in the library.
int library_count(const Program& program, KernelVariant variant) {
  int count = 0;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) { count += traits_of(program, kernel, variant).variant == variant ? 1 : 0; });
  return count;
}

class CmsisNnBoard : public testing::TestWithParam<Target> {
 protected:
  void SetUp() override {
    if (GetParam().board != "host" && (!find_program("arm-none-eabi-gcc") || !find_program("qemu-system-arm"))) GTEST_SKIP() << "no cross compiler or emulator";
  }

  void expect_equal(const Program& program, const StandIn& library, std::size_t input_count) {
    const auto& [variant, board] = GetParam();
    const MemoryPlan plan = plan_memory(program, variant);
    const TemporaryFolder folder;
    write_project(program, plan, board, folder.path());
    const Simulator simulator(program, plan);
    const auto inputs = extreme_inputs(program, input_count, 5);
    const BoardRun run = run_firmware(build_firmware(folder.path(), board, library.place()), board, inputs, true);
    EXPECT_EQ(run.selftest_mismatches, 0);
    ASSERT_EQ(run.traces.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Simulator::Result expected = simulator.run(inputs[i], 1);
      ASSERT_EQ(run.logits[i], expected.logits) << "input " << i;
      ASSERT_EQ(run.scores[i], expected.scores) << "input " << i;
      ASSERT_EQ(run.traces[i], simulator.trace(inputs[i])) << "input " << i;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Targets, CmsisNnBoard,
                         testing::Values(Target{KernelVariant::cmsis_nn_q7, "host"}, Target{KernelVariant::cmsis_nn_q7, "mps2-an386"}, Target{KernelVariant::cmsis_nn_s8, "host"},
                                         Target{KernelVariant::cmsis_nn_s8, "mps2-an386"}, Target{KernelVariant::cmsis_nn_s8_mve, "mps3-an547"}),
                         [](const auto& info) {
                           std::string name = fmt::format("{}_{}", variant_name(info.param.variant), info.param.board);
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(CmsisNnBoard, TheHelloEdgeNetsOfSizeSEqualTheSimulator) {
  const StandIn library = stand_in_of(GetParam());
  const std::vector<std::string> labels{"_silence_", "_unknown_", "yes", "no"};
  const Program dnn = lower(hand_quantized("dnn", {144, 144, 144}, labels));
  const Program ds_cnn = lower(hand_quantized("ds_cnn", {5, 64, 10, 4, 2, 2, 64, 3, 3, 1, 1, 64, 3, 3, 1, 1, 64, 3, 3, 1, 1, 64, 3, 3, 1, 1}, labels));
  EXPECT_EQ(library_count(dnn, GetParam().variant), 4);
  EXPECT_GE(library_count(ds_cnn, GetParam().variant), 10);
  expect_equal(dnn, library, 8);
  expect_equal(ds_cnn, library, 4);
}

TEST_P(CmsisNnBoard, ProgramsOfEveryKindEqualTheSimulator) {
  const StandIn library = stand_in_of(GetParam());
  const std::vector<Program> programs{recurrent_program(40), lower(random_image_net(5).model()), lower(random_dnn(3).model())};
  int count = 0;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    SCOPED_TRACE(fmt::format("program {}", i));
    count += library_count(programs[i], GetParam().variant);
    expect_equal(programs[i], library, 8);
  }
  EXPECT_GE(count, 3);
}

/// What a project says of a library that is not the one that it was exported for.
TEST(CmsisNnLibrary, WithoutSingleRoundingOrWithMoreScratchIsFoundOutByTheFirstRun) {
  const Program program = lower(hand_quantized("ds_cnn", {2, 8, 10, 4, 2, 2, 8, 3, 3, 1, 1}, {"_silence_", "_unknown_", "yes"}));
  const MemoryPlan plan = plan_memory(program, KernelVariant::cmsis_nn_s8);
  const auto inputs = extreme_inputs(program, 3, 5);
  for (const std::vector<std::string>& flags : {std::vector<std::string>{}, {"-DCMSIS_NN_USE_SINGLE_ROUNDING", "-DSTAND_IN_HELIUM"}}) {
    const StandIn library("s8", "host", flags);
    const TemporaryFolder folder;
    write_project(program, plan, "host", folder.path());
    const BuiltFirmware firmware = build_firmware(folder.path(), "host", library.place());
    const BoardRun run = run_firmware(firmware, "host", inputs, false);
    EXPECT_GT(run.selftest_mismatches, 0);
    for (const TensorBytes& logits : run.logits) EXPECT_EQ(logits, TensorBytes(logits.size(), -128));
    const ProcessResult console = run_process({firmware.image.string()}, {.input = {}, .folder = folder.path()});
    EXPECT_NE((console.out + console.err).find("CMSIS-NN was compiled without CMSIS_NN_USE_SINGLE_ROUNDING, or for another core"), std::string::npos) << console.out;
  }
}

TEST(CmsisNnLibrary, ThatIsNotNamedOrIsOfTheOtherApiIsRefused) {
  const Program program = lower(hand_quantized("dnn", {12, 9}, {"_silence_", "_unknown_", "yes"}));
  const TemporaryFolder folder;
  write_project(program, plan_memory(program, KernelVariant::cmsis_nn_q7), "host", folder.path());
  const auto error_with = [&](const CmsisNn& library) -> std::string {
    try {
      build_firmware(folder.path(), "host", library);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(error_with({}).find("Set CMSIS_NN_INCLUDE_DIR and CMSIS_NN_LIBRARY"), std::string::npos) << error_with({});
  const StandIn other("s8", "host", kSingleRounding);
  EXPECT_NE(error_with(other.place()).find("error:"), std::string::npos) << error_with(other.place());
}

}  // namespace
}  // namespace qmn
