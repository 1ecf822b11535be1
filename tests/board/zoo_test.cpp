// SPDX-License-Identifier: Apache-2.0
// Every model of zoo/ on every board, with 300 inputs from anywhere in the format, its extremes among them: output = simulator, byte for byte.
#include "base/subprocess.h"
#include "board/board.h"
#include "emit/compile.h"
#include "emit/programs.h"
#include "formats/onnx_format.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "simulate/simulate.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace fs = std::filesystem;

namespace qmn {
namespace {

std::vector<std::string> zoo_models() {
  std::vector<std::string> names;
  for (const fs::directory_entry& file : fs::directory_iterator(QMN_ZOO)) {
    const std::string name = file.path().filename().string();
    if (name.ends_with(".q.onnx")) names.push_back(name.substr(0, name.find('.')));
  }
  std::ranges::sort(names);
  return names;
}

class Zoo : public testing::TestWithParam<std::string> {};

TEST_P(Zoo, BoardsEqualTheSimulatorOn300ExtremeInputs) {
  const Program program = lower(read_model(fs::path(QMN_ZOO) / (GetParam() + ".q.onnx")));
  const MemoryPlan plan = plan_memory(program, core_of_board("mps2-an386").variant);
  const Simulator simulator(program, plan);
  const auto inputs = extreme_inputs(program, 300, 11);
  const TemporaryFolder folder;
  write_files(emit_project(program, plan, {.board = "mps2-an386", .known_answers = known_answers(program, plan, extreme_inputs(program, 2, 9))}), folder.path());
  for (const std::string board : {"host", "mps2-an386"}) {
    if (board != "host" && (!find_program("arm-none-eabi-gcc") || !find_program("qemu-system-arm"))) continue;
    SCOPED_TRACE(board);
    const BoardRun run = run_firmware(build_firmware(folder.path(), board), board, inputs, false, std::chrono::minutes(10));
    EXPECT_EQ(run.selftest_mismatches, 0);
    ASSERT_EQ(run.logits.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Simulator::Result expected = simulator.run(inputs[i], 1);
      ASSERT_EQ(run.logits[i], expected.logits) << "input " << i;
      ASSERT_EQ(run.scores[i], expected.scores) << "input " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Zoo, testing::ValuesIn(zoo_models()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace qmn
