// SPDX-License-Identifier: Apache-2.0
#include "formats/random_model.h"
#include "graph/nets.h"
#include "import/import.h"
#include "simulate/random_recurrent.h"
#include "support/expect_error.h"

namespace qmn {
namespace {

using testing::canonical_text;
using testing::expect_error;
using testing::Formats;
using testing::random_model;

/// features → fc → relu → dropout → fc2
Model two_layers() {
  Model model;
  Graph& g = model.graph;
  g.name = "two_layers";
  g.input = g.add_value("features", {1, 2});
  FullyConnected first{.name = "fc",
                       .input = g.input,
                       .weight = g.add_initializer("fc_weights", testing::filled({2, 2}, 1)),
                       .output = g.add_value("fc_linear")};
  Relu relu{.name = "relu", .input = first.output, .output = g.add_value("fc_out")};
  Dropout dropout{.name = "dropout", .input = relu.output, .output = g.add_value("fc_dropped")};
  FullyConnected second{.name = "fc2",
                        .input = dropout.output,
                        .weight = g.add_initializer("fc2_weights", testing::filled({2, 2}, 1)),
                        .output = g.add_value("logits")};
  g.nodes = {first, relu, dropout, second};
  g.output = second.output;
  infer_shapes(g);
  model.quantization = Quantization{{{g.input, {8, 2}}, {*g.find("fc2_weights"), {8, 6}}, {g.output, {8, 3}}}};
  return model;
}

TEST(PrepareModel, TheGatesOfAQuantizedModelStayTogetherWithTheirFormats) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Model before = random_gru(seed);
    const Model after = prepare_model(before);
    const auto slices = [](const Graph& graph) {
      int count = 0;
      for_each_node(graph.nodes, [&](const Node& node) { count += std::holds_alternative<Slice>(node); });
      return count;
    };
    EXPECT_EQ(slices(after.graph), 2);
    for_each_node(after.graph.nodes, [&](const Node& node) {
      for (ValueId id : outputs_of(node)) EXPECT_TRUE(after.quantization->format_of(id)) << after.graph.value(id).name;
    });
    Model as_float = before;
    as_float.quantization.reset();
    EXPECT_EQ(slices(prepare_model(as_float).graph), 0);
  }
}

TEST(PrepareModel, FormatsMoveAlongWithTheirValues) {
  const Model after = prepare_model(two_layers());
  const auto format = [&](const char* name) { return after.quantization->format_of(*after.graph.find(name)); };
  EXPECT_EQ(after.graph.nodes.size(), 2u);
  EXPECT_EQ(format("features"), (QFormat{8, 2}));
  EXPECT_EQ(format("fc2_weights"), (QFormat{8, 6}));
  EXPECT_EQ(format("logits"), (QFormat{8, 3}));
  EXPECT_EQ(format("fc_out"), std::nullopt);
}

TEST(PrepareModel, AFormatBeforeAFusedReluOrBehindADropoutIsKept) {
  for (const char* name : {"fc_linear", "fc_dropped"}) {
    Model model = two_layers();
    model.quantization->formats[*model.graph.find(name)] = {8, 4};
    const Model after = prepare_model(model);
    EXPECT_EQ(after.quantization->format_of(*after.graph.find("fc_out")), (QFormat{8, 4})) << name;
  }
}

TEST(PrepareModel, FormatsThatContradictAreRefused) {
  Model model = two_layers();
  model.quantization->formats[*model.graph.find("fc_linear")] = {8, 4};
  model.quantization->formats[*model.graph.find("fc_out")] = {8, 5};
  expect_error(ErrorKind::data, {"Relu relu", "fc_linear", "Q3.4", "fc_out", "Q2.5"}, [&] { prepare_model(model); });
}

TEST(PrepareModel, AQuantizedBatchNormIsRefused) {
  Model model;
  model.graph = testing::every_operator();
  model.quantization = Quantization{{{model.graph.input, {8, 2}}}};
  expect_error(ErrorKind::data, {"BatchNormalization norm", "float model"}, [&] { prepare_model(model); });
}

TEST(PrepareModel, APreparedModelIsLeftAsItIs) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Model model = prepare_model(random_model(seed, Formats::none));
    bool has_norm = false;
    for (const Node& node : model.graph.nodes) has_norm |= std::holds_alternative<BatchNorm>(node);
    if (has_norm) continue;
    model.quantization = testing::random_formats(model.graph, Formats::all, seed);
    const Model after = prepare_model(model);
    EXPECT_EQ(canonical_text(after), canonical_text(model));
    EXPECT_EQ(after.quantization->formats, model.quantization->formats);  // by id
  }
}

}  // namespace
}  // namespace qmn
