// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime opens what qmn writes and computes the same. Skipped where it is not installed: tests/onnxruntime/install.sh
#include "base/subprocess.h"
#include "formats/onnx_format.h"
#include "formats/random_model.h"
#include "models/models.h"
#include "passes/passes.h"
#include "support/expect_error.h"
#include "support/reference_interpreter.h"
#include "support/temporary_folder.h"

#include <cstring>
#include <fstream>

namespace qmn {
namespace {

using testing::Formats;

class OnnxRuntime : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("QMN_ONNXRUNTIME");
    runtime_ = folder != nullptr ? folder : QMN_ONNXRUNTIME_DEFAULT;
    if (!std::filesystem::exists(runtime_ / "node_modules" / "onnxruntime-node")) {
      GTEST_SKIP() << "ONNX Runtime is not installed in " << runtime_.string() << " (tests/onnxruntime/install.sh; or set QMN_ONNXRUNTIME)";
    }
    if (!find_program("node")) GTEST_SKIP() << "node is not installed";
    ::setenv("QMN_ONNXRUNTIME", runtime_.c_str(), 1);
  }

  /// The outputs of all clips, in a row.
  std::vector<float> run(const Model& model, const std::vector<float>& clips) {
    const auto path = [&](const char* name) { return (folder_.path() / name).string(); };
    write_model(model, path("net.onnx"));
    std::ofstream(path("in"), std::ios::binary)
        .write(reinterpret_cast<const char*>(clips.data()), static_cast<std::streamsize>(clips.size() * sizeof(float)));
    std::vector<std::string> command{"node", QMN_ONNXRUNTIME_RUNNER, path("net.onnx"), path("in"), path("out")};
    const Shape& shape = model.graph.shape(model.graph.input);
    for (std::size_t i = 1; i < shape.size(); ++i) command.push_back(std::to_string(shape[i]));
    const ProcessResult result = run_process(command);
    if (result.exit_code != 0) {
      ADD_FAILURE() << result.err << testing::canonical_text(model).substr(0, 2000);
      return {};
    }
    std::ifstream file(path("out"), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::vector<float> outputs(bytes.size() / sizeof(float));
    std::memcpy(outputs.data(), bytes.data(), outputs.size() * sizeof(float));
    return outputs;
  }

  static std::vector<float> random_clips(const Graph& graph, int count, std::uint64_t seed) {
    return testing::RandomGraph(seed).reals(count * element_count(graph.shape(graph.input)));
  }

  void expect_same_outputs(const Model& model, int clip_count, std::uint64_t seed) {
    const std::vector<float> clips = random_clips(model.graph, clip_count, seed);
    const std::vector<float> got = run(model, clips);
    const std::size_t clip_size = clips.size() / static_cast<std::size_t>(clip_count);
    std::vector<double> expected;
    for (std::size_t i = 0; i < clips.size(); i += clip_size) {
      const reference::Reals outputs = reference::run(model.graph, std::span(clips).subspan(i, clip_size));
      expected.insert(expected.end(), outputs.begin(), outputs.end());
    }
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(static_cast<double>(got[i]), expected[i], 1e-4) << i;
  }

  std::filesystem::path runtime_;
  const TemporaryFolder folder_;
};

/// Batch norm statistics as after training, so that it does something.
Graph with_lively_batch_norm(Graph graph) {
  Random random{5};
  for (auto& [id, tensor] : graph.initializers) {
    const std::string& name = graph.value(id).name;
    const bool is_positive = name.ends_with("_scale") || name.ends_with("_variance");
    if (!is_positive && !name.ends_with("_offset") && !name.ends_with("_mean") && !name.ends_with("_bias")) continue;
    for (float& real : tensor.data) real = static_cast<float>(is_positive ? random.uniform(0.5, 1.5) : random.uniform(-0.5, 0.5));
  }
  return graph;
}

TEST_F(OnnxRuntime, ComputesTheHelloEdgeNetsWithin1e4) {
  for (const std::string& architecture : architecture_names()) {
    SCOPED_TRACE(architecture);
    Model model;
    model.graph =
        with_lively_batch_norm(build_model(architecture, published_size_info(architecture, "s"), published_front_end(architecture), 12, 1));
    expect_same_outputs(model, 3, 1);
    model.graph = prepare_for_inference(model.graph);
    expect_same_outputs(model, 1, 2);
  }
}

TEST_F(OnnxRuntime, ComputesRandomNetsWithin1e4) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    expect_same_outputs(testing::random_model(seed, Formats::none), 2, seed);
  }
}

/// The oracle rounds quantized values as ONNX does, ties to even, right behind each value.
TEST_F(OnnxRuntime, ComputesQuantizedLayersOnTheirGrid) {
  Model model;
  Graph& g = model.graph;
  g.name = "quantized";
  g.input = g.add_value("features", {1, 3});
  FullyConnected dense{.name = "fc", .input = g.input};
  dense.weight = g.add_initializer("fc_weights", {{2, 3}, {0.5f, -0.25f, 0.999f, -1.0f, 0.125f, 0.3f}});
  dense.bias = g.add_initializer("fc_bias", {{2}, {0.4f, -0.1f}});
  dense.output = g.output = g.add_value("logits");
  dense.activation = Activation::relu;
  g.nodes = {dense};
  infer_shapes(g);
  for (int bias_bits : {8, 32}) {
    model.quantization = Quantization{
        {{g.input, {8, 2}}, {dense.weight, {8, 7}}, {dense.bias, {bias_bits, bias_bits == 8 ? 8 : 9}}, {dense.output, {8, 2}}}};
    const std::vector<float> got = run(model, {40.0f, -3.1f, 7.3f});
    // inputs saturate to 31.75, -3.0 (nearest of -3.1), 7.25; weights: 0.999 → 127/128, 0.3 → 38/128
    const double bias = bias_bits == 8 ? 102.0 / 256 : 205.0 / 512;
    const double first = bias + 31.75 * 0.5 + 3.0 * 0.25 + 7.25 * 127 / 128;
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(static_cast<double>(got[0]), std::nearbyint(first * 4) / 4);
    EXPECT_EQ(got[1], 0.0f);  // far below 0
  }
}

TEST_F(OnnxRuntime, OpensQuantizedRecurrentNets) {
  for (const char* architecture : {"basic_lstm", "lstm", "gru", "crnn"}) {
    SCOPED_TRACE(architecture);
    Model model;
    model.graph = prepare_for_inference(build_model(architecture, published_size_info(architecture, "s"), published_front_end(architecture), 12, 1));
    model.quantization = testing::random_formats(model.graph, Formats::all, 3);
    EXPECT_EQ(run(model, random_clips(model.graph, 2, 1)).size(), 24u);
  }
}

TEST_F(OnnxRuntime, OpensRandomQuantizedNets) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(seed);
    const Model model = testing::random_model(seed, seed % 2 == 0 ? Formats::all : Formats::some);
    const std::vector<float> outputs = run(model, random_clips(model.graph, 2, seed));
    EXPECT_EQ(static_cast<std::int64_t>(outputs.size()), 2 * element_count(model.graph.shape(model.graph.output)));
  }
}

}  // namespace
}  // namespace qmn
