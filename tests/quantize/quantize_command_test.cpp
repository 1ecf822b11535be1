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
  for (const char* method : {"minmax", "moving_average", "percentile", "mse", "kl", "progressive", "descend"}) {
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

TEST_F(QuantizeCommand, EvalComparesFrontEndsByStepsOfTheInputAndByTheIntegerNet) {
  ASSERT_EQ(quantize({"-o", "q.onnx"}).exit_code, 0);
  const ProcessResult result = qmn({"eval", "q.onnx", "--data", data().string(), "--split", "testing", "--features", "--json", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto testing = nlohmann::json::parse(result.out).at("splits").at("testing");
  std::int64_t features = 0;
  for (const auto& [error, count] : testing.at("errors").items()) features += count.get<std::int64_t>();
  EXPECT_EQ(features, 250 * testing.at("clips").get<std::int64_t>());
  EXPECT_EQ(testing.at("features"), features);
  EXPECT_GE(testing.at("within_1").get<double>(), 0.99);
  EXPECT_TRUE(testing.at("integer_features").contains("difference"));
  const ProcessResult text = qmn({"eval", "q.onnx", "--data", data().string(), "--split", "testing", "--features", "--quiet"});
  for (const char* part : {"error of the integer front end in steps of the network's input", "within 1: ", "integer net, float features"}) EXPECT_NE(text.out.find(part), std::string::npos) << text.out;
  expect_error(qmn({"eval", checkpoint().string(), "--data", data().string(), "--features"}), 2, {"--features", "is a float model"});
  expect_error(qmn({"eval", "q.onnx", "--data", data().string(), "--features", "--mode", "integer"}), 2, {"--features"});
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

TEST_F(QuantizeCommand, WithoutAMethodTheRecipeSaysWhatItDid) {
  const ProcessResult result = quantize({"-o", "auto.onnx"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* part : {"descend, 32-bit bias", "adaptive rounding", "cautiously estimated", "recipe auto"}) EXPECT_NE(result.out.find(part), std::string::npos) << part << result.out;
  EXPECT_NE(read_model(folder() / "auto.onnx").metadata.notes.at("search").find("recipe auto"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder() / "auto.onnx.search")) << "the state of a search that is done is gone";
  const ProcessResult eval = qmn({"eval", "auto.onnx", "--data", data().string(), "--split", "testing", "--json", "--quiet"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  const auto testing = nlohmann::json::parse(eval.out).at("splits").at("testing");
  EXPECT_EQ(testing.at("fake-quant"), testing.at("integer")) << "corrections and a changed front end arrive";
}

TEST_F(QuantizeCommand, ATargetLimitsTheRecipe) {
  const ProcessResult result = quantize({"-o", "q7.onnx", "--target", "cmsis-nn-q7", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out).at("recipe").at("steps").at(0).at("name"), "descend, 8-bit bias");
  const Model q7 = read_model(folder() / "q7.onnx");
  for (const auto& [value, format] : q7.quantization->formats) EXPECT_EQ(format.total_bits, 8);
  expect_error(quantize({"-o", "x.onnx", "--target", "cmsis-nn-q7", "--bias_bits", "32"}), 2, {"--bias_bits 32", "cmsis-nn-q7"});
}

TEST_F(QuantizeCommand, AStateOfAnotherSearchIsLeftOutOfAccountWithANotice) {
  write_file_atomic(folder() / "s.onnx.search", "qmn search 1 0000\nend 0\n");
  const ProcessResult result = quantize({"-o", "s.onnx", "--method", "descend"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("begins anew"), std::string::npos) << result.out;
  EXPECT_FALSE(std::filesystem::exists(folder() / "s.onnx.search"));
}

TEST_F(QuantizeCommand, AKilledSearchGoesOnToTheVeryFileOfOneThatWasNot) {
  Model net = dnn();  // large enough that a search takes longer than the interval between saves
  net.metadata.architecture = "ds_cnn";
  net.metadata.size_info = published_size_info("ds_cnn", "s");
  net.metadata.front_end = published_front_end("ds_cnn");
  net.graph = build_model("ds_cnn", net.metadata.size_info, net.metadata.front_end, 4, 2);
  write_model(net, folder() / "large.onnx");
  const auto command = [](const std::string& output) {
    return std::vector<std::string>{QMN_PROGRAM, "quantize", "large.onnx", "--data", data().string(), "--method", "descend", "--calibration_clips", "60", "-o", output};
  };
  const ProcessResult whole = run_process(command("whole.onnx"), {.input = {}, .folder = folder()});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;

  std::vector<std::string> killed{"/bin/sh", "-c",
                                  R"("$0" "$@" & pid=$!
                                     while [ ! -e part.onnx.search ]; do kill -0 $pid || exit 9; sleep 0.01; done
                                     kill -KILL $pid; wait $pid)"};
  for (const std::string& argument : command("part.onnx")) killed.push_back(argument);
  ASSERT_EQ(run_process(killed, {.input = {}, .folder = folder()}).exit_code, 128 + 9);
  EXPECT_FALSE(std::filesystem::exists(folder() / "part.onnx"));
  const ProcessResult resumed = run_process(command("part.onnx"), {.input = {}, .folder = folder()});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_NE(resumed.out.find("the search that was interrupted goes on"), std::string::npos) << resumed.out;
  const Model a = read_model(folder() / "whole.onnx"), b = read_model(folder() / "part.onnx");
  EXPECT_EQ(*a.quantization, *b.quantization);
  EXPECT_FALSE(std::filesystem::exists(folder() / "part.onnx.search"));
}

TEST_F(QuantizeCommand, ATimeBudgetThatIsOverIsSaid) {
  const ProcessResult result = quantize({"-o", "t.onnx", "--method", "descend", "--time-budget", "0.000001"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("ended by the time budget"), std::string::npos) << result.out;
  EXPECT_NE(read_model(folder() / "t.onnx").metadata.notes.at("search").find("time budget"), std::string::npos);
}

TEST_F(QuantizeCommand, AblationHasARowForEachMethodAndRemedy) {
  const ProcessResult result = qmn({"ablation", checkpoint().string(), "--data", data().string(), "--calibration_clips", "24", "--copies", "2", "--finetune_steps", "5", "--json", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  std::vector<std::string> names;
  for (const auto& row : json.at("rows")) {
    names.push_back(row.at("name"));
    EXPECT_LE(row.at("difference_low"), row.at("difference_high"));
    EXPECT_NEAR(row.at("unseen_accuracy").get<double>() - json.at("float_accuracy").get<double>(), row.at("difference").get<double>(), 1e-12);
    EXPECT_GE(row.at("kl").get<double>(), 0);
  }
  for (const char* name : {"minmax", "moving_average", "percentile", "mse", "kl", "progressive", "descend", "descend, wide bias", "auto"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  }
  EXPECT_EQ(names.back(), "auto, then finetune, 5 steps");
  expect_error(qmn({"ablation", checkpoint().string(), "--data", data().string(), "--copies", "0"}), 2, {"--copies"});
  expect_error(qmn({"ablation", checkpoint().string(), "--data", data().string(), "--finetune_steps", "-1"}), 2, {"--finetune_steps -1"});
}

TEST_F(QuantizeCommand, WrongFlagsAreUsageErrors) {
  expect_error(quantize({"-o", "x.onnx", "--method", "best"}), 2, {"best", "descend"});
  expect_error(quantize({"-o", "x.onnx", "--method", "kl", "--recipe", "auto"}), 2, {"--recipe", "--method kl"});
  expect_error(quantize({"-o", "x.onnx", "--recipe", "cake"}), 2, {"cake", "auto"});
  expect_error(quantize({"-o", "x.onnx", "--target", "avr"}), 2, {"avr", "cmsis-nn-q7"});
  expect_error(quantize({"-o", "x.onnx", "--target", "cmsis-nn-q7", "--per_channel"}), 2, {"--per_channel", "cmsis-nn-q7"});
  expect_error(quantize({"-o", "x.onnx", "--target", "cmsis-nn-s8", "--int16", "features"}), 2, {"--int16 features", "cmsis-nn-s8"});
  expect_error(quantize({"-o", "x.onnx", "--int16", "nothing"}), 2, {"--int16 nothing", "features"});
  expect_error(quantize({"-o", "x.onnx", "--objective", "speed"}), 2, {"speed", "cross_entropy"});
  expect_error(quantize({"-o", "x.onnx", "--percentile", "0"}), 2, {"--percentile"});
  expect_error(quantize({"-o", "x.onnx", "--time-budget", "-1"}), 2, {"--time-budget"});
  expect_error(quantize({"-o", "x.onnx", "--max-loss", "-1"}), 2, {"--max-loss"});
  expect_error(quantize({"-o", "x.onnx", "--check_clips", "0"}), 2, {"--check_clips"});
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
