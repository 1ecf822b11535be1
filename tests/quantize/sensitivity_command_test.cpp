// SPDX-License-Identifier: Apache-2.0
// qmn sensitivity through the program.
#include "cli_fixture.h"

#include <nlohmann/json.hpp>

#include <functional>

namespace qmn {
namespace {

class SensitivityCommand : public testing::CliTest {
 protected:
  static void SetUpTestSuite() {
    CliTest::SetUpTestSuite();
    ASSERT_EQ(qmn({"quantize", checkpoint().string(), "--data", data().string(), "-o", "q.onnx", "--method", "minmax", "--calibration_clips", "24", "--quiet"}).exit_code, 0);
  }
  static ProcessResult sensitivity(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"sensitivity", "q.onnx", "--data", data().string(), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return qmn(arguments);
  }
};

TEST_F(SensitivityCommand, ListsEveryTensorMostHarmfulFirst) {
  const ProcessResult result = sensitivity({"--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  std::vector<double> harms;
  for (const auto& tensor : json.at("tensors")) {
    harms.push_back(tensor.at("harm"));
    EXPECT_NEAR(tensor.at("harm").get<double>(), json.at("quantized_kl").get<double>() - tensor.at("leave_one_out").at("kl").get<double>(), 1e-12);
  }
  EXPECT_EQ(harms.size(), 10u) << "the input, and weights, bias and output of each of three layers";
  EXPECT_TRUE(std::ranges::is_sorted(harms, std::greater{}));
  EXPECT_FALSE(json.at("hint").get<std::string>().empty());
}

TEST_F(SensitivityCommand, ShowsTheTopOnesAndAHint) {
  const ProcessResult result = sensitivity({"--top", "3", "--split", "testing", "--clips", "5"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(std::ranges::count(result.out, '\n'), 2 + 3 + 3) << result.out;
  for (const char* part : {"SQNR", "5 testing clips", "hint: "}) EXPECT_NE(result.out.find(part), std::string::npos) << result.out;
}

TEST_F(SensitivityCommand, WrongFlagsAndModelsAreNamed) {
  expect_error(sensitivity({"--clips", "0"}), 2, {"--clips 0"});
  expect_error(sensitivity({"--split", "test"}), 2, {"--split test", "testing"});
  expect_error(qmn({"sensitivity", checkpoint().string(), "--data", data().string()}), 2, {"dnn.onnx", "float model", "qmn quantize"});
  expect_error(qmn({"sensitivity", "none.onnx", "--data", data().string()}), 1, {"none.onnx"});
}

}  // namespace
}  // namespace qmn
