// SPDX-License-Identifier: Apache-2.0
#include "base/subprocess.h"

#include "base/error.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(Subprocess, ReportsExitCodesAndBothOutputs) {
  const ProcessResult result = run_process({"sh", "-c", "echo to out; echo to err >&2; exit 7"});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.out, "to out\n");
  EXPECT_EQ(result.err, "to err\n");
  EXPECT_FALSE(result.is_timed_out);
}

TEST(Subprocess, ASignalIs128PlusItsNumber) { EXPECT_EQ(run_process({"sh", "-c", "kill -TERM $$"}).exit_code, 128 + 15); }

TEST(Subprocess, ArgumentsAreNotReadByAShell) {
  EXPECT_EQ(run_process({"printf", "%s|", "a b", "$HOME", "'; rm x", "*"}).out, "a b|$HOME|'; rm x|*|");
}

TEST(Subprocess, BigInputAndOutputPassAtTheSameTime) {
  std::string input(5 << 20, '\0');
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<char>(i * 31 % 256);
  const ProcessResult result = run_process({"cat"}, {.input = input, .folder = {}});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out == input) << "got " << result.out.size() << " of " << input.size() << " bytes";
}

TEST(Subprocess, BigOutputOnBothChannelsPasses) {
  const ProcessResult result = run_process({"sh", "-c", "head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait"});
  EXPECT_EQ(result.out.size(), 3000000u);
  EXPECT_EQ(result.err.size(), 3000000u);
}

TEST(Subprocess, AProgramThatIgnoresItsInputIsNoError) {
  const std::string input(1 << 20, 'x');
  EXPECT_EQ(run_process({"true"}, {.input = input, .folder = {}}).exit_code, 0);
}

TEST(Subprocess, InputEndsSoThatReadersFinish) { EXPECT_EQ(run_process({"cat"}).out, ""); }

TEST(Subprocess, ATimeoutKillsTheProgram) {
  const auto start = std::chrono::steady_clock::now();
  const ProcessResult result = run_process({"sleep", "60"}, {.input = {}, .folder = {}, .timeout = std::chrono::milliseconds(200)});
  EXPECT_TRUE(result.is_timed_out);
  EXPECT_EQ(result.exit_code, 128 + 9);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Subprocess, RunsInTheGivenFolder) {
  const TemporaryFolder folder;
  EXPECT_EQ(run_process({"pwd", "-P"}, {.input = {}, .folder = folder.path()}).out,
            std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST(Subprocess, AMissingProgramIsAnErrorThatNamesIt) {
  try {
    run_process({"qmn-no-such-program"});
    ADD_FAILURE() << "it started";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("qmn-no-such-program: cannot be started"), std::string::npos) << error.what();
  }
}

TEST(FindProgram, SearchesThePath) {
  ASSERT_TRUE(find_program("sh").has_value());
  EXPECT_TRUE(find_program("sh")->is_absolute());
  EXPECT_EQ(find_program(find_program("sh")->string()), find_program("sh"));
  EXPECT_EQ(find_program("qmn-no-such-program"), std::nullopt);
  EXPECT_EQ(find_program("/etc/passwd"), std::nullopt) << "not executable";
}

}  // namespace
}  // namespace qmn
