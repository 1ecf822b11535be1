// SPDX-License-Identifier: Apache-2.0
// qmn info on models made here: what it says in text and in JSON, and its errors.
#include "run_qmn.h"

#include "formats/onnx_format.h"
#include "models/models.h"
#include "passes/passes.h"
#include "support/temporary_folder.h"

#include <fstream>

namespace qmn {
namespace {

class InfoCommand : public ::testing::Test {
 protected:
  InfoCommand() {
    model_.metadata.architecture = "dnn";
    model_.metadata.size_info = {8};
    model_.metadata.labels = {"_silence_", "_unknown_", "yes"};
    model_.metadata.front_end = published_front_end("dnn");
    model_.metadata.front_end.coefficient_shifts.assign(10, 3);
    model_.metadata.notes["training"] = "600 steps\nand an escape \x1b[31m";
    model_.graph = build_model("dnn", {8}, model_.metadata.front_end, 3, 1);
  }

  /// All in 8 bits: input and outputs Q5.2, weights Q0.7, biases with 8 fractional bits.
  void quantize() {
    model_.graph = prepare_for_inference(model_.graph);
    Quantization& quantization = model_.quantization.emplace();
    const Graph& g = model_.graph;
    for (const auto& [id, tensor] : g.initializers) quantization.formats[id] = {8, tensor.shape.size() == 1 ? 8 : 7};
    quantization.formats[g.input] = {8, 2};
    for (const Node& node : g.nodes) quantization.formats[output_of(node)] = {8, 2};
  }

  std::string file() {
    const std::filesystem::path path = folder_.path() / "net.onnx";
    write_model(model_, path);
    return path.string();
  }

  static void expect_texts(const std::string& out, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) EXPECT_NE(out.find(text), std::string::npos) << "'" << text << "' is not in:\n" << out;
  }

  Model model_;
  const TemporaryFolder folder_;
};

TEST_F(InfoCommand, ShowsAFloatModel) {
  const ProcessResult result = run_qmn({"info", file()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_texts(result.out, {"dnn, float", "_silence_ _unknown_ yes", "window 40 ms, hop 40 ms: 25 frames of 10 MFCC", "2^[3 3", "1x1x25x10",
                            "Gemm ReLU", "1 Dropout, 1 Relu", "MACs       2024", "parameters 2035", "RAM        about 258 B",
                            "training: 600 steps and an escape ?[31m"});
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
}

TEST_F(InfoCommand, ShowsFormatsShiftsAndTheArenaOfAQuantizedModel) {
  quantize();
  const ProcessResult result = run_qmn({"info", file()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_texts(result.out, {"dnn, quantized", "Q5.2", "Q0.7", "Q-1.8", "bias <<", "out >>", "arena of "});
  const nlohmann::json json = json_of(run_qmn({"info", file(), "--json"}));
  EXPECT_EQ(json["is_quantized"], true);
  EXPECT_EQ(json["macs"], 2024);
  EXPECT_EQ(json["input"]["format"]["frac_bits"], 2);
  const nlohmann::json& layer = json["layers"][1];
  EXPECT_EQ(layer["name"], "fc1");
  EXPECT_EQ(layer["bias_shift"], 1);  // 2 + 7 - 8
  EXPECT_EQ(layer["out_shift"], 7);   // 2 + 7 - 2
  EXPECT_GE(json["arena_bytes"], 258);
  EXPECT_GE(json["constant_bytes"], 2035);
}

TEST_F(InfoCommand, SaysWhyThereIsNoFirmwareYet) {
  quantize();
  model_.quantization->formats.erase(model_.graph.input);
  const ProcessResult result = run_qmn({"info", file()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_texts(result.out, {"firmware   not possible yet: ", "float"});
}

TEST_F(InfoCommand, FailsInOneLine) {
  expect_error(run_qmn({"info"}), 2, "model");
  expect_error(run_qmn({"info", (folder_.path() / "missing.onnx").string()}), 1, "missing.onnx");
  const std::string bytes = serialize_onnx(model_);
  std::ofstream(folder_.path() / "half.onnx", std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  expect_error(run_qmn({"info", (folder_.path() / "half.onnx").string()}), 1, "truncated or not an ONNX model");
  std::ofstream(folder_.path() / "dnn.ckpt-100.index") << "x";
  expect_error(run_qmn({"info", (folder_.path() / "dnn.ckpt-100").string()}), 1, "TensorFlow 1 checkpoint");
}

}  // namespace
}  // namespace qmn
