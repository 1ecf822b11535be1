// SPDX-License-Identifier: Apache-2.0
// qmn quantize and qmn eval through the program.
#include "cli_fixture.h"

#include "passes/passes.h"
#include "quantize/quantize.h"

#include <nlohmann/json.hpp>

namespace qmn {
namespace {

class QuantizeCommand : public testing::CliTest {
 protected:
  static ProcessResult quantize(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"quantize", checkpoint().string(), "--data", data().string(), "--calibration_clips", "24", "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return qmn(arguments);
  }
};

TEST_F(QuantizeCommand, EveryMethodWritesAModelThatEvalReads) {
  for (const char* method : {"minmax", "progressive", "descend"}) {
    for (const char* bias_bits : {"8", "32"}) {
      const ProcessResult result = quantize({"-o", "q.onnx", "--method", method, "--bias_bits", bias_bits, "--weights_header", "w.h"});
      ASSERT_EQ(result.exit_code, 0) << method << result.err;
      for (const char* part : {"bias_shift", "out_shift", "fc1", "integer", "KL"}) EXPECT_NE(result.out.find(part), std::string::npos) << part << result.out;
      EXPECT_NE(read_file(folder() / "w.h").find("_OUT_RSHIFT"), std::string::npos);
      const Model model = read_model(folder() / "q.onnx");
      ASSERT_TRUE(model.quantization.has_value());
      Quantization formats = *model.quantization;
      EXPECT_TRUE(legalize(model.graph, formats).empty());
      EXPECT_EQ(formats.formats, model.quantization->formats);
      EXPECT_TRUE(model.metadata.notes.contains("search"));
      EXPECT_TRUE(model.metadata.notes.contains("figures"));
    }
  }
  const ProcessResult eval = qmn({"eval", "q.onnx", "--data", data().string(), "--quiet"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  for (const char* part : {"training", "validation", "testing", "float", "fake-quant", "integer", "95 % interval"}) EXPECT_NE(eval.out.find(part), std::string::npos) << part << eval.out;
}

TEST_F(QuantizeCommand, TheSameSeedGivesTheSameFile) {
  ASSERT_EQ(quantize({"-o", "a.onnx", "--seed", "3"}).exit_code, 0);
  ASSERT_EQ(quantize({"-o", "b.onnx", "--seed", "3"}).exit_code, 0);
  EXPECT_EQ(read_file(folder() / "a.onnx"), read_file(folder() / "b.onnx"));
}

TEST_F(QuantizeCommand, EvalMeasuresCopiesPairedAndFakeQuantEqualsTheIntegers) {
  ASSERT_EQ(quantize({"-o", "q.onnx"}).exit_code, 0);
  const ProcessResult result = qmn({"eval", "q.onnx", "--data", data().string(), "--copies", "3", "--json", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  ASSERT_EQ(json.at("splits").size(), 1u) << "copies are of the test split unless --split says otherwise";
  const auto& testing = json.at("splits").at("testing");
  EXPECT_EQ(testing.at("clips").get<int>() % 3, 0);
  EXPECT_EQ(testing.at("fake-quant"), testing.at("integer"));
  EXPECT_LE(testing.at("integer").at("difference_low"), testing.at("integer").at("difference_high"));
  EXPECT_NEAR(testing.at("integer").at("difference").get<double>(), testing.at("integer").at("accuracy").get<double>() - testing.at("float").at("accuracy").get<double>(), 1e-12);
}

TEST_F(QuantizeCommand, EvalOfAFloatModelTakesWeightsOnly) {
  const ProcessResult result = qmn({"eval", checkpoint().string(), "--data", data().string(), "--split", "testing", "--weights_only", "--json", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(nlohmann::json::parse(result.out).at("splits").at("testing").contains("weights-only"));
}

TEST_F(QuantizeCommand, ActMaxFixesRanges) {
  const ProcessResult result = quantize({"-o", "fixed.onnx", "--act_max", "512", "0", "0", "0", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Model model = read_model(folder() / "fixed.onnx");
  EXPECT_EQ(model.quantization->formats.at(model.graph.input), (QFormat{8, -2}));
}

TEST_F(QuantizeCommand, WrongFlagsAreUsageErrors) {
  expect_error(quantize({"-o", "x.onnx", "--method", "best"}), 2, {"best", "descend"});
  expect_error(quantize({"-o", "x.onnx", "--bias_bits", "16"}), 2, {"bias_bits"});
  expect_error(quantize({"-o", "x.onnx", "--act_max", "1", "2"}), 2, {"2 values", "4 activations"});
  expect_error(quantize({"-o", "x.onnx", "--act_max", "3", "0", "0", "0"}), 2, {"power of two"});
  expect_error(quantize({"-o", "x.onnx", "--calibration_clips", "0"}), 2, {"--calibration_clips"});
  expect_error(qmn({"eval", checkpoint().string(), "--data", data().string(), "--mode", "integer"}), 2, {"float model", "qmn quantize"});
  expect_error(qmn({"eval", checkpoint().string(), "--data", data().string(), "--split", "test"}), 2, {"--split", "testing"});
  EXPECT_FALSE(std::filesystem::exists(folder() / "x.onnx"));
}

TEST_F(QuantizeCommand, AFolderThatCannotBeWrittenIsNamed) { expect_error(quantize({"-o", "no/such/q.onnx", "--method", "minmax"}), 1, {"no/such"}); }

}  // namespace
}  // namespace qmn
