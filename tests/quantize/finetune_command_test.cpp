// SPDX-License-Identifier: Apache-2.0
// qmn finetune through the program.
#include "cli_fixture.h"

#include <nlohmann/json.hpp>

namespace qmn::testing {
namespace {

using nlohmann::json;

class FinetuneCommand : public CliTest {
 protected:
  static void SetUpTestSuite() {
    CliTest::SetUpTestSuite();
    const ProcessResult result = qmn({"quantize", checkpoint().string(), "--data", data().string(), "--calibration_clips", "16", "--method", "minmax", "-o", "net.q.onnx"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  static ProcessResult finetune(std::vector<std::string> more, const std::string& model = "net.q.onnx") {
    std::vector<std::string> arguments{"finetune", model, "--data", data().string(), "--steps", "60", "--learning_rate", "0.005", "--eval_step_interval", "20", "--batch_size", "20"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return qmn(arguments);
  }
};

TEST_F(FinetuneCommand, TheResultEvaluatesExportsAndIsFinetunedAgain) {
  const ProcessResult first = finetune({"-o", "net.qat.onnx"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.out.find("integer, fine-tuned"), std::string::npos) << first.out;
  EXPECT_FALSE(std::filesystem::exists(folder() / "net.qat.onnx.state"));
  const Model start = read_model(folder() / "net.q.onnx"), tuned = read_model(folder() / "net.qat.onnx");
  EXPECT_EQ(tuned.quantization->formats, start.quantization->formats);

  const ProcessResult again = finetune({"-o", "net.qat2.onnx", "--train-thresholds", "--distill", "0.5", "--teacher", checkpoint().string(), "--json"}, "net.qat.onnx");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  const json report = json::parse(again.out);
  EXPECT_TRUE(report.at("thresholds_trained").get<bool>());
  EXPECT_GE(report.at("validation").at("accuracy").get<double>(), report.at("validation").at("start_accuracy").get<double>());

  const ProcessResult evaluation = qmn({"eval", "net.qat2.onnx", "--data", data().string(), "--json"});
  ASSERT_EQ(evaluation.exit_code, 0) << evaluation.err;
  const json splits = json::parse(evaluation.out).at("splits");
  EXPECT_EQ(splits.at("validation").at("integer").at("accuracy"), report.at("validation").at("accuracy"));
  EXPECT_EQ(splits.at("testing").at("integer").at("accuracy"), report.at("testing").at("after").at("accuracy"));
  EXPECT_EQ(qmn({"export", "net.qat2.onnx", "-o", "firmware", "--board", "none"}).exit_code, 0);
}

TEST_F(FinetuneCommand, MistakesAreOneLine) {
  expect_error(finetune({"-o", "x.onnx"}, checkpoint().string()), 1, {"dnn.onnx", "float model", "qmn quantize"});
  expect_error(finetune({"-o", "x.onnx"}, "missing.onnx"), 1, {"missing.onnx"});
  expect_error(finetune({"-o", "nowhere/x.onnx"}), 1, {"nowhere", "no such folder"});
  expect_error(finetune({"-o", "x.onnx", "--teacher", checkpoint().string()}), 2, {"--teacher", "--distill"});
  expect_error(finetune({"-o", "x.onnx", "--distill", "2"}), 2, {"--distill 2"});
  expect_error(finetune({"-o", "x.onnx", "--distill", "0.5", "--teacher", "missing.onnx"}), 1, {"missing.onnx"});
  expect_error(finetune({"-o", "x.onnx", "--threshold_rate", "0"}), 2, {"--threshold_rate 0"});
  expect_error(finetune({}), 2, {"-o"});
  EXPECT_FALSE(std::filesystem::exists(folder() / "x.onnx"));
}

}  // namespace
}  // namespace qmn::testing
