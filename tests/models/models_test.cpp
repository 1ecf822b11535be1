// SPDX-License-Identifier: Apache-2.0
// The builders against the figures of Zhang et al., "Hello Edge" (2017): parameters, operations and memory within 2 %.
#include "models/models.h"

#include "graph/parameter_count.h"
#include "passes/passes.h"
#include "support/expect_error.h"
#include "support/reference_interpreter.h"

#include <cmath>

namespace qmn {
namespace {

using testing::expect_error;

constexpr int kLabels = 12;

Graph published(const std::string& architecture, const std::string& size) {
  return build_model(architecture, published_size_info(architecture, size), published_front_end(architecture, size), kLabels, 1);
}

std::int64_t weights_and_biases(const Graph& graph) {
  std::int64_t count = 0;
  for_each_node(graph.nodes, [&](const Node& node) {
    if (std::holds_alternative<Scan>(node)) return;  // its initial states are zeros
    for (ValueId id : parameters(node)) count += element_count(graph.shape(id));
  });
  return count;
}

std::int64_t total_macs(const Graph& graph) {
  std::int64_t count = 0;
  for (const Node& node : graph.nodes) count += mac_count(graph, node);
  return count;
}

/// 8-bit weights and the largest input and output of one layer; in a recurrent one, beside what the recurrence reads.
std::int64_t memory_bytes(const Graph& graph) {
  std::int64_t largest = 0;
  const auto look = [&](const Node& node, std::int64_t beside) {
    if (std::holds_alternative<Flatten>(node)) return;  // moves nothing
    std::int64_t size = beside + element_count(graph.shape(output_of(node)));
    for (ValueId id : activation_inputs(node)) size += element_count(graph.shape(id));
    largest = std::max(largest, size);
  };
  for (const Node& node : graph.nodes) {
    look(node, 0);
    const auto* scan = std::get_if<Scan>(&node);
    if (scan == nullptr) continue;
    for (const Node& inner : scan->body) look(inner, element_count(graph.shape(scan->inputs[0].outer)));
  }
  return weights_and_biases(graph) + largest;
}

struct Published {
  const char *architecture, *size;
  double parameters, operations, memory;
};

TEST(Models, MatchThePublishedFigures) {
  const Published rows[] = {
      {"dnn", "s", 79.6e3, 158.8e3, 80.0e3},  {"dnn", "m", 198.9e3, 397e3, 199.4e3},     {"dnn", "l", 495.7e3, 990e3, 496.6e3},
      {"cnn", "s", 69.2e3, 5.0e6, 79.0e3},      {"cnn", "m", 178.4e3, 17.3e6, 199.4e3},      {"cnn", "l", 476.2e3, 25.3e6, 497.8e3},
      {"basic_lstm", "s", 62.3e3, 5.9e6, 63.3e3}, {"basic_lstm", "m", 195.2e3, 18.9e6, 196.5e3}, {"basic_lstm", "l", 492.6e3, 47.9e6, 494.5e3},
      {"lstm", "s", 78.5e3, 3.9e6, 79.5e3},     {"lstm", "m", 196.7e3, 19.2e6, 198.6e3},     {"lstm", "l", 495.8e3, 48.4e6, 498.8e3},
      {"gru", "s", 78.1e3, 3.8e6, 78.8e3},      {"gru", "m", 198.8e3, 19.2e6, 200.0e3},      {"gru", "l", 498.0e3, 48.4e6, 499.7e3},
      {"crnn", "s", 75.4e3, 3.0e6, 79.7e3},     {"crnn", "m", 189.0e3, 7.6e6, 199.8e3},      {"crnn", "l", 485.0e3, 19.3e6, 499.5e3},
      {"ds_cnn", "s", 22.6e3, 5.4e6, 38.6e3}, {"ds_cnn", "m", 135.0e3, 19.8e6, 189.2e3}, {"ds_cnn", "l", 410.7e3, 56.9e6, 497.6e3},
  };
  for (const Published& row : rows) {
    SCOPED_TRACE(std::string(row.architecture) + " " + row.size);
    const Graph prepared = prepare_for_inference(published(row.architecture, row.size));
    EXPECT_NEAR(static_cast<double>(weights_and_biases(prepared)), row.parameters, 0.02 * row.parameters);
    EXPECT_EQ(parameter_count(prepared), weights_and_biases(prepared));
    EXPECT_NEAR(2 * static_cast<double>(total_macs(prepared)), row.operations, 0.02 * row.operations);
    EXPECT_NEAR(static_cast<double>(memory_bytes(prepared)), row.memory, 0.02 * row.memory);
  }
}

TEST(Models, SmallNetsHaveExactlyThePublishedMacs) {
  EXPECT_EQ(total_macs(published("dnn", "s")), 79200);
  EXPECT_EQ(total_macs(published("ds_cnn", "s")), 2656768);
}

TEST(Models, TheFirstConvolutionPadsItsOddRowAtTheEnd) {
  const Graph g = published("ds_cnn", "s");
  const auto& conv = std::get<Conv2d>(g.nodes[0]);
  EXPECT_EQ(g.shape(conv.output), (Shape{1, 64, 25, 5}));
  // time: (25 - 1)·2 + 10 - 49 = 9 rows, 4 before and 5 behind; frequency: (5 - 1)·2 + 4 - 10 = 2
  EXPECT_EQ(conv.pads, (std::array<std::int64_t, 4>{4, 1, 5, 1}));
}

TEST(Models, LayersAreNamedAndOrderedAsPublished) {
  std::string dnn, ds_cnn;
  for (const Node& node : published("dnn", "s").nodes) dnn += node_name(node) + " ";
  EXPECT_EQ(dnn, "flatten fc1 fc1_relu fc1_dropout fc2 fc2_relu fc2_dropout fc3 fc3_relu fc3_dropout fc_out ");
  const Graph g = build_model("ds_cnn", {2, 8, 3, 3, 2, 1, 6, 3, 3, 1, 2}, {}, 3, 1);
  for (const Node& node : g.nodes) ds_cnn += node_name(node) + " ";
  EXPECT_EQ(ds_cnn,
            "conv_1 conv_1_batch_norm conv_1_relu dw_1 dw_1_batch_norm dw_1_relu pw_1 pw_1_batch_norm pw_1_relu avg_pool flatten fc_out ");
  EXPECT_EQ(g.shape(*g.find("conv_1_weights")), (Shape{8, 1, 3, 3}));
  EXPECT_EQ(g.shape(*g.find("dw_1_weights")), (Shape{8, 1, 3, 3}));
  EXPECT_EQ(g.shape(*g.find("pw_1_weights")), (Shape{6, 8, 1, 1}));
  EXPECT_EQ(g.shape(*g.find("dw_1_out")), (Shape{1, 8, 25, 5}));
  EXPECT_EQ(g.shape(*g.find("features")), (Shape{1, 1, 49, 10}));
  EXPECT_EQ(g.value(g.output).name, "logits");
  EXPECT_EQ(g.shape(g.output), (Shape{1, 3}));
}

TEST(Models, TheSeedDecidesTheParameters) {
  const auto weights = [](std::uint64_t seed) {
    const Graph g = build_model("dnn", {20, 30}, {}, 4, seed);
    return g.initializer(*g.find("fc2_weights")).data;
  };
  EXPECT_EQ(weights(5), weights(5));
  EXPECT_NE(weights(5), weights(6));
}

TEST(Models, FreshWeightsAreGlorotUniform) {
  const Graph g = published("dnn", "l");
  const std::vector<float>& weights = g.initializer(*g.find("fc2_weights")).data;
  const double limit = std::sqrt(6.0 / (436 + 436));
  double largest = 0, sum = 0, squares = 0;
  for (float weight : weights) {
    largest = std::max(largest, std::abs(static_cast<double>(weight)));
    sum += static_cast<double>(weight);
    squares += static_cast<double>(weight) * static_cast<double>(weight);
  }
  const auto count = static_cast<double>(weights.size());
  EXPECT_LE(largest, limit * 1.000001);
  EXPECT_GT(largest, limit * 0.999);
  EXPECT_NEAR(sum / count, 0, limit / 100);
  EXPECT_NEAR(squares / count, limit * limit / 3, limit * limit / 100);
}

TEST(Models, AnyReasonableSizeListBuilds) {
  for (const std::vector<int>& size :
       {std::vector<int>{1, 4, 1, 1, 1, 1}, {1, 4, 49, 10, 1, 1}, {1, 3, 60, 20, 7, 9}, {3, 4, 2, 2, 3, 3, 5, 1, 3, 1, 2, 6, 4, 1, 2, 1}}) {
    const Graph g = build_model("ds_cnn", size, {}, 2, 1);
    EXPECT_EQ(g.shape(g.output), (Shape{1, 2}));
  }
  EXPECT_EQ(build_model("dnn", {1}, {}, 2, 1).nodes.size(), 5u);
}

TEST(Models, ErrorsSayWhatIsMeant) {
  const auto expect_usage = [](const std::vector<std::string>& parts, const std::string& architecture, const std::vector<int>& size,
                               int labels = kLabels) {
    expect_error(ErrorKind::usage, parts, [&] { build_model(architecture, size, {}, labels, 1); });
  };
  expect_usage({"resnet", "dnn, cnn, basic_lstm, lstm, gru, crnn, ds_cnn"}, "resnet", {1});
  expect_usage({"--model_size_info of cnn", "3 numbers", "12 are needed", "linear layer"}, "cnn", {28, 10, 4});
  expect_usage({"--model_size_info of basic_lstm", "2 numbers", "the units"}, "basic_lstm", {118, 1});
  expect_usage({"--model_size_info of lstm", "1 numbers", "projection, the units"}, "lstm", {118});
  expect_usage({"--model_size_info of gru", "1 numbers", "the layers"}, "gru", {154});
  expect_usage({"--model_size_info of gru", "100 layers", "at most 16"}, "gru", {100, 4});
  expect_usage({"--model_size_info of crnn", "2 numbers", "8 are needed", "GRU layers"}, "crnn", {1, 2});
  expect_usage({"--model_size_info 4 60 4", "kernel spans 60 in height"}, "crnn", {4, 60, 4, 1, 1, 1, 4, 4});
  expect_usage({"--model_size_info", "empty", "144 144 144"}, "dnn", {});
  expect_usage({"--model_size_info", "0 is not between 1 and", "144 0 144"}, "dnn", {144, 0, 144});
  expect_usage({"-5 is not between"}, "dnn", {-5});
  expect_usage({"1000000 is not between"}, "dnn", {1000000});
  expect_usage({"--model_size_info", "empty", "number of layers", "stride frequency"}, "ds_cnn", {});
  expect_usage({"--model_size_info", "6 numbers", "2 layers need 11", "features, kernel time"}, "ds_cnn", {2, 64, 10, 4, 2, 2});
  expect_usage({"--model_size_info", "300 numbers"}, "dnn", std::vector<int>(300, 1));
  expect_usage({"1 labels"}, "dnn", {10}, 1);
  expect_usage({"--model_size_info 1 4096", "more than 16777216 elements"}, "ds_cnn", {1, 4096, 4096, 4096, 1, 1});
  expect_error(ErrorKind::usage, {"size 'xl'", "s, m, l"}, [] { published_size_info("dnn", "xl"); });
  expect_error(ErrorKind::usage, {"svdf", "dnn, cnn"}, [] { published_front_end("svdf"); });
  FrontEndSettings broken;
  broken.window_samples = 20000;
  expect_error(ErrorKind::usage, {"--window_size_ms"}, [&] { build_model("dnn", {10}, broken, 4, 1); });
}

}  // namespace
}  // namespace qmn
