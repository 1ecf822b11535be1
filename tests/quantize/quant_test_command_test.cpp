// SPDX-License-Identifier: Apache-2.0
// The classic command line through the program: what it reports, the weights.h that it writes, and what it says of wrong flags.
#include "cli_fixture.h"

#include "passes/passes.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace qmn {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

class QuantTest : public testing::CliTest {
 protected:
  static std::vector<std::string> classic(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"quant_test", "--model_architecture", "dnn", "--model_size_info", "16", "16", "--dct_coefficient_count", "10", "--window_size_ms",
                                       "40", "--window_stride_ms", "40", "--checkpoint", checkpoint().string(), "--data_dir", data().string(), "--wanted_words", "low,high"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
};

TEST_F(QuantTest, ReportsAllThreeSplitsAndWritesWeightsH) {
  const ProcessResult result = qmn(classic());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* part : {"training accuracy", "validation accuracy", "testing accuracy", "_silence_", "high", "weights.h written"}) {
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
  }
  const std::string header = read_file(folder() / "weights.h");
  EXPECT_EQ(header.find("#define FC1_"), std::string::npos) << "with float activations there are no shifts to define";
  EXPECT_NE(header.find("#define fc1_"), std::string::npos) << header.substr(0, 500);
}

TEST_F(QuantTest, WeightsHeaderEqualsTheFormulaInNumpy) {
  if (!find_program(kPython) || run_process({kPython, "-c", "import numpy"}).exit_code != 0) GTEST_SKIP() << "no numpy for " << kPython;
  ASSERT_EQ(qmn(classic({"--weights_header", "formula.h"})).exit_code, 0);
  const Graph graph = prepare_for_inference(dnn().graph);
  nlohmann::json expected;
  for (const auto& [id, tensor] : graph.initializers) {
    const bool is_weight = tensor.shape.size() == 2;
    std::string name = graph.value(id).name;
    std::ranges::replace_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
    expected[name] = {{"shape", tensor.shape}, {"data", tensor.data}, {"layout", is_weight ? "fully_connected" : "bias"}, {"map", nullptr}};
  }
  write_file_atomic(folder() / "formula.json", expected.dump());
  const ProcessResult check = run_process({kPython, QMN_CHECK_WEIGHTS_HEADER, (folder() / "formula.h").string(), (folder() / "formula.json").string()});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
}

TEST_F(QuantTest, ActMaxQuantizesTheInputAndChangesNoWeight) {
  ASSERT_EQ(qmn(classic({"--weights_header", "float.h"})).exit_code, 0);
  const ProcessResult result = qmn(classic({"--act_max", "32", "0", "0", "0", "--weights_header", "act.h"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("Q5.2"), std::string::npos) << result.out;
  const auto without_shifts = [](const std::string& header) {
    std::string kept;
    std::istringstream lines(header);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("#define FC1_")) kept += line + "\n";
    }
    return kept;
  };
  EXPECT_EQ(without_shifts(read_file(folder() / "act.h")), without_shifts(read_file(folder() / "float.h")));
}

TEST_F(QuantTest, ActMaxOfTheInputIsInUnitsOfTheMfccWhereTheModelScalesThem) {
  // The same net twice: one sees the MFCC, one sees them times 2^-3 and has first weights that make up for it.
  Model scaled = dnn();
  scaled.metadata.front_end.coefficient_shifts.assign(10, 3);
  const auto& first = *std::ranges::find_if(scaled.graph.nodes, [](const Node& node) { return std::holds_alternative<FullyConnected>(node); });
  for (float& weight : scaled.graph.initializer(std::get<FullyConnected>(first).weight).data) weight *= 8;
  write_model(scaled, folder() / "scaled.onnx");
  const auto splits = [](const std::string& model) {
    const ProcessResult result = qmn({"quant_test", "--checkpoint", model, "--data", data().string(), "--act_max", "32", "0", "0", "0", "--json", "--quiet"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out).at("splits");
  };
  EXPECT_EQ(splits(checkpoint().string()), splits("scaled.onnx"));
}

/// A command line as it stands in the README, in the suite's folder.
ProcessResult run_line(const std::string& line, const std::filesystem::path& folder) {
  std::istringstream words(line);
  std::vector<std::string> arguments;
  for (std::string word; words >> word;) arguments.push_back(word == "qmn" ? QMN_PROGRAM : word);
  return run_process(arguments, {.input = {}, .folder = folder});
}

TEST_F(QuantTest, TheClassicLinesWorkAsTheyStand) {
  // Three speakers say each of the ten classic words once.
  std::string validation, testing;
  Model model = dnn();
  model.metadata.size_info = {144, 144, 144};
  model.metadata.labels = {"_silence_", "_unknown_"};
  const std::filesystem::path words = folder() / "ten_words";
  for (const std::string word : {"yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"}) {
    model.metadata.labels.push_back(word);
    std::filesystem::create_directories(words / word);
    for (int speaker = 0; speaker < 3; ++speaker) {
      const std::string name = fmt::format("{}/{:08x}_nohash_0.wav", word, speaker);
      std::filesystem::copy_file(data() / fmt::format("low/{:08x}_nohash_0.wav", speaker), words / name);
      if (speaker > 0) (speaker == 1 ? validation : testing) += name + "\n";
    }
  }
  write_file_atomic(words / "validation_list.txt", validation);
  write_file_atomic(words / "testing_list.txt", testing);
  model.metadata.notes["data_folder"] = words.string();
  model.graph = build_model("dnn", model.metadata.size_info, model.metadata.front_end, 12, 1);
  const std::filesystem::path here = folder() / "classic";
  std::filesystem::create_directories(here);
  write_model(model, here / "FILE");

  const std::string line = "qmn quant_test --model_architecture dnn --model_size_info 144 144 144 --dct_coefficient_count 10 --window_size_ms 40 --window_stride_ms 40 --checkpoint FILE";
  for (const char* act_max : {"", " --act_max 32 0 0 0 0"}) {
    std::filesystem::remove(here / "weights.h");
    const ProcessResult result = run_line("env -u QMN_SPEECH_COMMANDS " + line + act_max, here);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    for (const char* part : {"training accuracy", "validation accuracy", "testing accuracy", "(N=11)"}) EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
    EXPECT_EQ(result.out.find("Q5.2") != std::string::npos, act_max[0] != '\0') << result.out;
    const std::string header = read_file(here / "weights.h");
    for (const char* variable : {"#define fc1_", "#define fc2_", "#define fc3_"}) EXPECT_NE(header.find(variable), std::string::npos) << variable;
  }
}

TEST_F(QuantTest, JsonHoldsTheConfusionMatrices) {
  const ProcessResult result = qmn(classic({"--json", "--quiet"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  for (const char* split : {"training", "validation", "testing"}) {
    const auto& one = json.at("splits").at(split);
    std::int64_t sum = 0;
    for (const auto& row : one.at("confusion")) {
      for (const std::int64_t count : row) sum += count;
    }
    EXPECT_EQ(sum, one.at("clips"));
    EXPECT_GE(sum, 12);
  }
}

TEST_F(QuantTest, HelpListsTheOrderOfActMax) {
  const ProcessResult result = qmn({"quant_test", "--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.out.find("5 values"), std::string::npos);
  EXPECT_NE(result.out.find("12 values"), std::string::npos);
}

TEST_F(QuantTest, AWrongActMaxCountListsTheActivations) { expect_error(qmn(classic({"--act_max", "32", "0"})), 2, {"2 values", "4 activations: features, fc1_out, fc2_out, logits"}); }

TEST_F(QuantTest, AnActMaxThatIsNoPowerOfTwoIsRefused) { expect_error(qmn(classic({"--act_max", "30", "0", "0", "0"})), 2, {"30", "power of two"}); }

TEST_F(QuantTest, AnUnknownArchitectureListsTheKnownOnes) {
  expect_error(qmn({"quant_test", "--model_architecture", "resnet", "--checkpoint", checkpoint().string()}), 2, {"resnet", "dnn", "ds_cnn"});
}

TEST_F(QuantTest, ASizeListOfTheWrongLengthSaysWhatTheNumbersMean) {
  expect_error(qmn({"quant_test", "--model_architecture", "ds_cnn", "--model_size_info", "2", "64", "--checkpoint", checkpoint().string()}), 2, {"--model_size_info", "2 numbers", "11"});
}

TEST_F(QuantTest, FlagsThatContradictTheModelNameBothValues) {
  expect_error(qmn({"quant_test", "--checkpoint", checkpoint().string(), "--model_architecture", "dnn", "--model_size_info", "144", "144", "144"}), 2, {"144 144 144", "16 16"});
  expect_error(qmn({"quant_test", "--checkpoint", checkpoint().string(), "--window_stride_ms", "20"}), 2, {"--window_stride_ms", "20", "40"});
  expect_error(qmn({"quant_test", "--checkpoint", checkpoint().string(), "--model_architecture", "ds_cnn"}), 2, {"ds_cnn", "dnn"});
  expect_error(qmn({"quant_test", "--checkpoint", checkpoint().string(), "--wanted_words", "yes,no", "--data", data().string()}), 2, {"yes,no", "low,high"});
}

TEST_F(QuantTest, ATensorFlowCheckpointSaysWhatToConvertItTo) {
  write_file_atomic(folder() / "dnn.ckpt-400.index", std::string("\x57\xfb\x80\x8b\x24\x75\x47\xdb", 8));
  write_file_atomic(folder() / "dnn.ckpt-400.data-00000-of-00001", std::string(64, '\1'));
  write_file_atomic(folder() / "dnn.ckpt-400.meta", std::string(64, '\1'));
  for (const char* name : {"dnn.ckpt-400", "dnn.ckpt-400.index", "dnn.ckpt-400.data-00000-of-00001", "dnn.ckpt-400.meta"}) {
    expect_error(qmn({"quant_test", "--checkpoint", name, "--data", data().string()}), 1, {name, "GraphDef", "qmn import"});
  }
}

TEST_F(QuantTest, ATruncatedModelIsRefused) {
  const std::string bytes = read_file(checkpoint());
  write_file_atomic(folder() / "cut.onnx", bytes.substr(0, bytes.size() / 2));
  expect_error(qmn({"quant_test", "--checkpoint", "cut.onnx", "--data", data().string()}), 1, {"cut.onnx"});
}

TEST_F(QuantTest, MissingDataAndModelsAreNamed) {
  expect_error(qmn({"quant_test", "--checkpoint", checkpoint().string(), "--data", "nowhere"}), 1, {"nowhere"});
  expect_error(qmn({"quant_test", "--checkpoint", "none.onnx", "--data", data().string()}), 1, {"none.onnx"});
}

TEST_F(QuantTest, NothingIsWrittenOnError) {
  EXPECT_NE(qmn(classic({"--act_max", "3", "0", "0", "0", "--weights_header", "never.h"})).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder() / "never.h"));
  expect_error(qmn(classic({"--quiet", "--weights_header", "no/such/folder/weights.h"})), 1, {"no/such/folder"});
}

}  // namespace
}  // namespace qmn
