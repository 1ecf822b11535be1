// SPDX-License-Identifier: Apache-2.0
// qmn train through the program: an interruption at its hardest, a teacher, and wrong command lines.
#include "cli_fixture.h"

#include <nlohmann/json.hpp>

namespace qmn {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class TrainCommand : public testing::CliTest {
 protected:
  static std::vector<std::string> arguments(const std::string& output, std::vector<std::string> more = {}) {
    std::vector<std::string> all{"train", "--arch", "dnn", "--size_info", "16", "16", "--data", data().string(), "--words", "low,high", "--steps", "300",
                                 "--eval_step_interval", "20", "--batch_size", "20", "-o", output};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Killed as soon as the first state is saved.
  static ProcessResult killed(const std::string& output) {
    std::vector<std::string> command{"/bin/sh", "-c",
                                     R"("$0" "$@" & pid=$!
                                        while [ ! -e "$OUTPUT.state/training.state" ]; do kill -0 $pid || exit 9; sleep 0.01; done
                                        kill -KILL $pid; wait $pid)",
                                     QMN_PROGRAM};
    command[2].insert(0, "OUTPUT=" + output + "; ");
    const std::vector<std::string> training = arguments(output);
    command.insert(command.end(), training.begin(), training.end());
    return run_process(command, {.input = {}, .folder = folder()});
  }
};

TEST_F(TrainCommand, AKilledTrainingGoesOnToTheVeryFileOfOneThatWasNot) {
  ASSERT_EQ(qmn(arguments("whole.onnx")).exit_code, 0);
  EXPECT_FALSE(fs::exists(folder() / "whole.onnx.state")) << "the state of a training that is done is gone";
  ASSERT_EQ(killed("part.onnx").exit_code, 128 + 9);
  EXPECT_FALSE(fs::exists(folder() / "part.onnx"));

  testing::CliTest::expect_error(qmn(arguments("part.onnx", {"--seed", "2", "--quiet"})), 1, {"part.onnx.state", "other settings", "--restart"});
  const ProcessResult resumed = qmn(arguments("part.onnx", {"--json"}));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(json::parse(resumed.out).at("is_resumed"), true);
  EXPECT_EQ(read_file(folder() / "part.onnx"), read_file(folder() / "whole.onnx"));
  EXPECT_FALSE(fs::exists(folder() / "part.onnx.state"));
}

TEST_F(TrainCommand, RestartDiscardsTheState) {
  ASSERT_EQ(killed("again.onnx").exit_code, 128 + 9);
  const ProcessResult result = qmn(arguments("again.onnx", {"--restart", "--seed", "2", "--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json::parse(result.out).at("is_resumed"), false);
}

TEST_F(TrainCommand, MistakesAreOneLineAndLeaveNothing) {
  const auto train = [](std::vector<std::string> flags, const std::string& data_folder = data().string()) {
    std::vector<std::string> all{"train", "--data", data_folder, "-o", "x.onnx"};
    all.insert(all.end(), flags.begin(), flags.end());
    return qmn(all);
  };
  const auto folder_with = [](const std::string& name, const std::string& word, int clips) {
    const fs::path words = folder() / name / word;
    fs::create_directories(words);
    for (int clip = 0; clip < clips; ++clip) fs::copy_file(data() / fmt::format("low/{:08x}_nohash_0.wav", clip), words / fmt::format("{:08x}_nohash_0.wav", clip));
    return (folder() / name).string();
  };
  fs::create_directories(folder() / "empty");
  folder_with("one_word", "low", 20);
  const std::string one_word = folder_with("one_word", "high", 0);

  expect_error(train({"--arch", "resnet"}), 2, {"resnet", "ds_cnn"});
  expect_error(train({"--arch", "ds_cnn", "--words", "low,high", "--size_info", "2", "64"}), 2, {"2 numbers", "11"});
  expect_error(train({"--arch", "dnn", "--words", "low,high", "--size", "xl"}), 2, {"xl"});
  expect_error(train({"--arch", "dnn", "--words", "low,high", "--learning_rate", "fast"}), 2, {"--learning_rate", "fast"});
  expect_error(train({"--arch", "dnn", "--words", "low,high", "--batch_size", "1"}), 2, {"--batch_size 1"});
  expect_error(train({"--arch", "dnn", "--words", "low,high", "--label_smoothing", "1"}), 2, {"--label_smoothing 1"});
  expect_error(train({"--arch", "dnn", "--words", "low,high", "--steps", "0"}), 2, {"--steps"});
  expect_error(train({"--arch", "dnn", "--words", "low,zebra"}), 1, {"zebra"});
  expect_error(train({"--arch", "dnn", "--words", "low,high"}, one_word), 1, {"high"});
  expect_error(train({"--arch", "dnn", "--words", "low,high"}, (folder() / "empty").string()), 1, {"empty"});
  expect_error(qmn(arguments("nowhere/x.onnx")), 1, {"nowhere", "no such folder"});
  EXPECT_FALSE(fs::exists(folder() / "x.onnx"));
  EXPECT_FALSE(fs::exists(folder() / "x.onnx.state"));
}

TEST_F(TrainCommand, ATeacherIsPartOfTheResultAndOfItsNote) {
  ASSERT_EQ(qmn(arguments("teacher.onnx")).exit_code, 0);
  const ProcessResult alone = qmn(arguments("alone.onnx", {"--seed", "3", "--json"})), taught = qmn(arguments("taught.onnx", {"--seed", "3", "--teacher", "teacher.onnx", "--json"}));
  ASSERT_EQ(taught.exit_code, 0) << taught.err;
  EXPECT_EQ(json::parse(taught.out).at("teacher"), (json{{"model", "teacher.onnx"}, {"weight", 0.5}, {"temperature", 2.0}}));
  EXPECT_TRUE(json::parse(alone.out).at("teacher").is_null());
  const Model first = read_model(folder() / "taught.onnx"), second = read_model(folder() / "alone.onnx");
  EXPECT_NE(first.metadata.notes.at("training").find("weight 0.5 at temperature 2"), std::string::npos);
  EXPECT_NE(first.graph.initializers.begin()->second.data, second.graph.initializers.begin()->second.data);
}

TEST_F(TrainCommand, ATeacherThatDoesNotFitIsNamedBeforeTheTraining) {
  ASSERT_EQ(qmn(arguments("fits.onnx", {"--json"})).exit_code, 0);
  const auto refused = [](std::vector<std::string> flags, int exit_code, const std::string& part) {
    const ProcessResult result = qmn(arguments("x.onnx", std::move(flags)));
    expect_error(result, exit_code, {part});
    EXPECT_EQ(result.out, "");
  };
  refused({"--distill", "0.5"}, 2, "--teacher FILE");
  refused({"--temperature", "3"}, 2, "--teacher FILE");
  refused({"--teacher", "fits.onnx", "--distill", "0"}, 2, "--distill 0");
  refused({"--teacher", "fits.onnx", "--distill", "1.5"}, 2, "--distill 1.5");
  refused({"--teacher", "fits.onnx", "--temperature", "0"}, 2, "--temperature 0");
  refused({"--teacher", "missing.onnx"}, 1, "missing.onnx");
  refused({"--teacher", "fits.onnx", "--window_stride_ms", "20"}, 1, "the teacher has another front end");
  EXPECT_FALSE(fs::exists(folder() / "x.onnx"));
}

}  // namespace
}  // namespace qmn
