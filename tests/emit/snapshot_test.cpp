// SPDX-License-Identifier: Apache-2.0
// Snapshots of what is emitted for the tiny program. QMN_UPDATE_SNAPSHOTS=1 rewrites them; review the difference.
#include "base/file.h"
#include "emit/compile.h"
#include "emit/emit.h"
#include "emit/programs.h"
#include "plan/plan.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace fs = std::filesystem;

namespace qmn {
namespace {

FileSet emit_project_of(const Program& program, const std::string& board) {
  const MemoryPlan plan = plan_memory(program, core_of_board(board).variant);
  return emit_project(program, plan, {.board = board, .known_answers = known_answers(program, plan, extreme_inputs(program, 5, 1))});
}

FileSet emit_tiny(const std::string& board) { return emit_project_of(tiny_program(), board); }

void expect_snapshot(const std::string& path, const std::string& content) {
  const fs::path snapshot = fs::path(QMN_SNAPSHOTS) / path;
  if (std::getenv("QMN_UPDATE_SNAPSHOTS") != nullptr) {
    fs::create_directories(snapshot.parent_path());
    write_file_atomic(snapshot, content);
  }
  ASSERT_TRUE(fs::exists(snapshot)) << snapshot << ": run with QMN_UPDATE_SNAPSHOTS=1";
  EXPECT_TRUE(content == read_file(snapshot)) << snapshot << " differs from what is emitted; QMN_UPDATE_SNAPSHOTS=1 and git diff show where";
}

TEST(Snapshot, EmittedFilesOfTheTinyProgramAreAsReviewed) {
  for (const std::string board : {"mps2-an386", "none"}) {
    for (const auto& [path, content] : emit_tiny(board)) {
      if (path.starts_with("runtime/") || path.starts_with("boards/")) continue;  // copies of files of this repository
      expect_snapshot(board + "/" + path, content);
    }
  }
}

TEST(Snapshot, TheNetworkOfATinyLoopIsAsReviewed) {
  expect_snapshot("recurrent/qmn_net.c", emit_project_of(recurrent_program(1, true), "none").at("qmn_net.c"));
}

TEST(Snapshot, EmissionIsDeterministic) { EXPECT_EQ(emit_tiny("mps2-an386"), emit_tiny("mps2-an386")); }

TEST(Snapshot, AnExportWithoutBoardHasNoBoardFiles) {
  for (const auto& [path, content] : emit_tiny("none")) EXPECT_FALSE(path.starts_with("boards/")) << path;
  EXPECT_TRUE(emit_tiny("mps2-an386").contains("boards/mps2-an386/linker.ld"));
  EXPECT_TRUE(emit_tiny("mps2-an386").contains("boards/host/board.c"));
}

TEST(Snapshot, OnlyTheKernelsThatTheNetCallsAreCopied) {
  Program program = tiny_program();
  program.kernels.resize(1);
  program.tensors.resize(2);
  program.logits = program.output = 1;
  program.metadata.labels.clear();
  const MemoryPlan plan = plan_memory(program);
  const FileSet files = emit_project(program, plan, {.board = "none", .known_answers = known_answers(program, plan, extreme_inputs(program, 2, 1))});
  EXPECT_TRUE(files.contains("runtime/qmn_conv2d_s8_ref.c"));
  EXPECT_TRUE(files.contains("runtime/qmn_kernels.h"));
  EXPECT_FALSE(files.contains("runtime/qmn_softmax_s8_ref.c"));
}

TEST(Snapshot, AKernelBringsWhatItCalls) {
  const FileSet files = emit_tiny("mps2-an386");
  for (const char* file : {"qmn_kernels_dsp.h", "qmn_conv2d_s8_dsp.c", "qmn_tile_s8_dsp.h", "qmn_tile_s8_dsp.c", "qmn_tile_packed_s8_dsp.c"}) {
    EXPECT_TRUE(files.contains(std::string("runtime/") + file)) << file;
  }
  EXPECT_FALSE(files.contains("runtime/qmn_conv2d_s8_ref.c"));
}

}  // namespace
}  // namespace qmn
