// SPDX-License-Identifier: Apache-2.0
// Fifty kills: each long command is killed at ten moments that are spread over its run. What stands under a final name afterwards is whole, and
// the next run ends as one that was never killed, with nothing left beside its output. Two runs for one output: the second is told.
#include "cli_fixture.h"

#include <fmt/ranges.h>

#include <chrono>
#include <set>

namespace qmn {
namespace {

namespace fs = std::filesystem;

constexpr int kKills = 10;

class Kills : public testing::CliTest {
 protected:
  static void SetUpTestSuite() {
    CliTest::SetUpTestSuite();
    ASSERT_EQ(qmn({"quantize", checkpoint().string(), "--data", data().string(), "--method", "minmax", "-o", "net.q.onnx"}).exit_code, 0);
    ASSERT_EQ(qmn({"train", "--arch", "dnn", "--size_info", "16", "16", "--data", data().string(), "--words", "low,high", "--steps", "1", "-o", "warm.onnx"}).exit_code, 0);
  }

  /// `qmn arguments`, killed with SIGKILL after `delay`; its exit code.
  static int killed_after(std::chrono::milliseconds delay, const std::vector<std::string>& arguments) {
    std::vector<std::string> command{"/bin/sh", "-c", fmt::format("\"$0\" \"$@\" & pid=$!; sleep {:.3f}; kill -KILL $pid 2>/dev/null; wait $pid", static_cast<double>(delay.count()) / 1000), QMN_PROGRAM};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_process(command, {.input = {}, .folder = folder()}).exit_code;
  }
  static std::set<std::string> names() {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder())) found.insert(entry.path().filename().string());
    return found;
  }
  /// `-o OUTPUT` is added to the command. `is_whole` looks at what stands under the final name.
  void kill_again_and_again(std::vector<std::string> command, const std::string& output, const std::function<void(const fs::path&)>& is_whole) {
    const std::set<std::string> before = names();
    const auto with_output = [&](const std::string& name) {
      std::vector<std::string> all = command;
      all.insert(all.end(), {"-o", name});
      return all;
    };
    const auto start = std::chrono::steady_clock::now();
    const ProcessResult undisturbed = qmn(with_output("whole_" + output));
    ASSERT_EQ(undisturbed.exit_code, 0) << undisturbed.err;
    const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    int killed = 0;
    for (int i = 0; i < kKills; ++i) {
      killed += killed_after(duration * (2 * i + 1) / (2 * kKills), with_output(output)) == 128 + 9 ? 1 : 0;
      if (fs::exists(folder() / output)) is_whole(folder() / output);
    }
    EXPECT_GT(killed, 0) << "every run ended before its kill";
    const ProcessResult last = qmn(with_output(output));
    ASSERT_EQ(last.exit_code, 0) << last.err;
    is_whole(folder() / output);
    std::set<std::string> expected = before;
    expected.insert({output, "whole_" + output});
    EXPECT_EQ(names(), expected);
    fmt::print("{}: {} of {} runs were killed on their way\n", command.front(), killed, kKills);
  }
  /// Ends as the run that nothing disturbed.
  static void expect_same(const std::string& output) { EXPECT_EQ(read_file(folder() / output), read_file(folder() / ("whole_" + output))); }
};

TEST_F(Kills, Train) {
  kill_again_and_again({"train", "--arch", "dnn", "--size_info", "16", "16", "--data", data().string(), "--words", "low,high", "--steps", "200", "--eval_step_interval", "20", "--batch_size", "20"}, "t.onnx",
                       [](const fs::path& path) { read_model(path); });
  expect_same("t.onnx");
}

TEST_F(Kills, Quantize) {
  kill_again_and_again({"quantize", checkpoint().string(), "--data", data().string(), "--method", "descend"}, "q.onnx", [](const fs::path& path) { EXPECT_TRUE(read_model(path).quantization); });
  EXPECT_EQ(read_model(folder() / "q.onnx").quantization, read_model(folder() / "whole_q.onnx").quantization);
}

TEST_F(Kills, Import) {
  kill_again_and_again({"import", checkpoint().string()}, "i.onnx", [](const fs::path& path) { read_model(path); });
  expect_same("i.onnx");
}

TEST_F(Kills, Export) {
  kill_again_and_again({"export", "net.q.onnx"}, "firmware", [](const fs::path& path) {
    for (const char* name : {"qmn.json", "model.onnx", "qmn_net.c", "CMakeLists.txt"}) EXPECT_TRUE(fs::exists(path / name)) << name;
  });
  for (const auto& entry : fs::recursive_directory_iterator(folder() / "whole_firmware")) {
    if (entry.is_regular_file()) {
      EXPECT_EQ(read_file(entry.path()), read_file(folder() / "firmware" / fs::relative(entry.path(), folder() / "whole_firmware"))) << entry.path();
    }
  }
}

TEST_F(Kills, Synthesis) {
  if (!find_program("espeak-ng")) GTEST_SKIP() << "espeak-ng is missing";
  std::vector<std::string> command{"data", "synth", "--words", "yes,no", "--clips_per_word", "12", "--clips_per_unknown_word", "0"};
  const auto is_whole = [](const fs::path& path) {
    EXPECT_TRUE(fs::exists(path / "validation_list.txt"));
    EXPECT_EQ(std::distance(fs::directory_iterator(path / "yes"), {}), 12);
  };
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(qmn({"data", "synth", "whole_words", "--words", "yes,no", "--clips_per_word", "12", "--clips_per_unknown_word", "0"}).exit_code, 0);
  const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  command.insert(command.begin() + 2, "words");
  for (int i = 0; i < kKills; ++i) {
    killed_after(duration * (2 * i + 1) / (2 * kKills), command);
    if (fs::exists(folder() / "words")) is_whole(folder() / "words");
  }
  const ProcessResult last = qmn(command);
  ASSERT_EQ(last.exit_code, 0) << last.err;
  is_whole(folder() / "words");
  for (const std::string& name : names()) EXPECT_FALSE(name.starts_with(".words")) << name;
}

TEST_F(Kills, TheSecondOfTwoRunsForOneOutputIsTold) {
  const std::string run = fmt::format(R"(Q='{}'; set -- train --arch dnn --size_info 16 16 --data {} --words low,high --steps 100000 -o two.onnx
    "$Q" "$@" >/dev/null 2>&1 & pid=$!
    while [ ! -e .two.onnx.lock ]; do kill -0 $pid || exit 9; sleep 0.01; done
    sleep 0.2; "$Q" "$@"; code=$?; kill -KILL $pid; wait $pid 2>/dev/null; exit $code)", QMN_PROGRAM, data().string());
  const ProcessResult second = run_process({"/bin/sh", "-c", run}, {.input = {}, .folder = folder()});
  expect_error(second, 1, {"two.onnx: another qmn is making it"});
  EXPECT_EQ(qmn({"train", "--arch", "dnn", "--size_info", "16", "16", "--data", data().string(), "--words", "low,high", "--steps", "2", "--restart", "-o", "two.onnx"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(folder() / ".two.onnx.lock"));
}

}  // namespace
}  // namespace qmn
