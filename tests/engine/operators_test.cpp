// SPDX-License-Identifier: Apache-2.0
// The engine's inference against the double-precision reference: every operator, odd shapes, float and fixed-point.
#include "engine/engine.h"
#include "nets.h"
#include "reference.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

using test::NetBuilder;
using test::random_floats;

// Every value of every clip, within `tolerance` of the reference.
void expect_as_reference(const Graph& graph, const Quantization& quantization, double tolerance, std::int64_t clip_count = 3) {
  const std::int64_t clip_length = element_count(graph.shape(graph.input));
  const std::vector<float> inputs = random_floats(clip_count * clip_length, 77, -2, 2);
  std::vector<std::map<ValueId, test::Reals>> expected;
  for (std::int64_t clip = 0; clip < clip_count; ++clip) {
    expected.push_back(test::Reference(graph, quantization).run(std::span(inputs).subspan(static_cast<std::size_t>(clip * clip_length), static_cast<std::size_t>(clip_length))));
  }
  std::int64_t seen = 0;
  engine().evaluator(graph, &quantization)->run_observed(inputs, clip_count, [&](ValueId id, std::span<const float> reals, std::int64_t first, std::int64_t count) {
    const std::size_t length = reals.size() / static_cast<std::size_t>(count);
    for (std::int64_t clip = 0; clip < count; ++clip) {
      const test::Reals& truth = expected.at(static_cast<std::size_t>(first + clip)).at(id);
      ASSERT_EQ(truth.size(), length) << graph.value(id).name;
      for (std::size_t i = 0; i < length; ++i) {
        ASSERT_NEAR(static_cast<double>(reals[static_cast<std::size_t>(clip) * length + i]), truth[i], tolerance) << graph.value(id).name << " element " << i;
      }
      ++seen;
    }
  });
  EXPECT_EQ(seen, clip_count * (1 + static_cast<std::int64_t>(graph.nodes.size())));
}

struct ConvCase {
  Shape input;
  std::int64_t out;
  std::array<std::int64_t, 2> kernel;
  Conv2d node;
};

TEST(Operators, ConvIsTheWrittenOutSumForOddShapesPadsStridesDilationsGroups) {
  const std::vector<ConvCase> cases{
      {{1, 1, 7, 5}, 3, {3, 2}, {}},
      {{1, 2, 7, 5}, 3, {3, 2}, {.strides = {2, 3}}},
      {{1, 2, 9, 4}, 5, {4, 3}, {.strides = {2, 1}, .pads = {1, 0, 2, 1}}},
      {{1, 3, 8, 9}, 4, {3, 3}, {.dilations = {2, 3}, .pads = {2, 3, 2, 3}}},
      {{1, 6, 5, 7}, 6, {3, 3}, {.pads = {1, 1, 1, 1}, .groups = 6}},
      {{1, 4, 6, 5}, 8, {3, 3}, {.strides = {2, 2}, .pads = {0, 1, 1, 0}, .groups = 4}},
      {{1, 4, 6, 5}, 6, {1, 1}, {.groups = 2, .activation = Activation::relu}},
      {{1, 1, 49, 10}, 16, {10, 4}, {.strides = {2, 2}, .pads = {4, 1, 5, 1}, .activation = Activation::relu}},
  };
  for (const ConvCase& c : cases) {
    NetBuilder net(c.input, 5);
    net.conv("conv", c.out, c.input[1] / c.node.groups, c.kernel, c.node);
    SCOPED_TRACE(to_string(c.input) + " kernel " + std::to_string(c.kernel[0]) + "x" + std::to_string(c.kernel[1]));
    expect_as_reference(net.graph, {}, 1e-5);
    expect_as_reference(net.graph, test::full_quantization(net.graph), 0);
  }
}

TEST(Operators, ConvWithoutBiasHasNone) {
  NetBuilder net({1, 2, 5, 5}, 3);
  Conv2d node;
  node.weight = net.parameter("w", {3, 2, 2, 2});
  net.add(node, "conv");
  expect_as_reference(net.graph, {}, 1e-5);
}

TEST(Operators, FullyConnectedIsTheWrittenOutSum) {
  for (const std::int64_t in : {1, 7, 250}) {
    NetBuilder net({1, in}, 9);
    net.dense("hidden", 13, in, Activation::relu);
    net.dense("logits", 3, 13);
    expect_as_reference(net.graph, {}, 2e-5);
    expect_as_reference(net.graph, test::full_quantization(net.graph), 0, 60);
  }
}

TEST(Operators, FullyConnectedWithoutBiasHasNone) {
  NetBuilder net({1, 6}, 4);
  FullyConnected node;
  node.weight = net.parameter("w", {4, 6});
  net.add(node, "dense");
  expect_as_reference(net.graph, {}, 1e-5);
}

TEST(Operators, BatchNormUsesRunningStatistics) {
  NetBuilder net({1, 3, 4, 5}, 6);
  net.norm("norm", 3);
  expect_as_reference(net.graph, {}, 1e-5);
}

TEST(Operators, AveragePoolCountsOnlyTheImage) {
  const std::vector<AveragePool2d> pools{
      {.kernel = {5, 4}},
      {.kernel = {2, 3}, .strides = {2, 1}},
      {.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}},
      {.kernel = {3, 2}, .strides = {1, 2}, .pads = {2, 0, 0, 1}},
  };
  for (const AveragePool2d& pool : pools) {
    NetBuilder net({1, 3, 5, 4}, 2);
    const ValueId pooled = net.add(pool, "pool");
    expect_as_reference(net.graph, {}, 1e-6);
    for (int frac_bits : {2, 5, 7}) {
      expect_as_reference(net.graph, {{{net.graph.input, {8, 4}}, {pooled, {8, frac_bits}}}}, 0);
    }
  }
}

TEST(Operators, ReluFlattenDropoutSoftmaxStandAlone) {
  NetBuilder net({1, 2, 3, 4}, 8);
  net.add(Relu{}, "relu");
  net.add(Dropout{}, "dropout");
  net.add(Flatten{}, "flat");
  net.add(Softmax{}, "softmax");
  expect_as_reference(net.graph, {}, 1e-6);
}

TEST(Operators, EachViewHasAFormatOfItsOwn) {
  NetBuilder net({1, 2, 3, 4}, 8);
  const ValueId dropped = net.add(Dropout{}, "dropout");
  const ValueId flat = net.add(Flatten{}, "flat");
  expect_as_reference(net.graph, {{{net.graph.input, {8, 6}}, {dropped, {8, 4}}, {flat, {8, 1}}}}, 0);
}

TEST(Operators, FixedPointSoftmaxIsTheIntegerKernels) {
  for (int frac_bits : {-1, 2, 4, 7}) {
    NetBuilder net({1, 12}, 8);
    const ValueId scores = net.add(Softmax{}, "softmax");
    expect_as_reference(net.graph, {{{net.graph.input, {8, frac_bits}}, {scores, {8, 7}}}}, 0, 200);
  }
}

TEST(Operators, AWholeNetMatchesTheReference) {
  const Graph graph = test::small_ds_cnn(21);
  expect_as_reference(graph, {}, 1e-5, 60);
  expect_as_reference(graph, test::full_quantization(graph), 0, 60);
}

TEST(Operators, ResultsDoNotDependOnTheNumberOfClips) {
  const Graph graph = test::small_ds_cnn(22);
  const Quantization fixed = test::full_quantization(graph);
  const std::size_t clip_length = 66, clips = 137, classes = 5;
  const std::vector<float> inputs = random_floats(clip_length * clips, 5, -2, 2);
  for (const Quantization* quantization : {static_cast<const Quantization*>(nullptr), &fixed}) {
    const auto evaluator = engine().evaluator(graph, quantization);
    const std::vector<float> all = evaluator->run(inputs, static_cast<std::int64_t>(clips));
    ASSERT_EQ(all.size(), clips * classes);
    for (const std::size_t first : {0u, 13u, 25u, 136u}) {
      for (const std::size_t count : {1u, 24u, 26u, 60u}) {
        const std::size_t some = std::min<std::size_t>(count, clips - first);
        const std::vector<float> part = evaluator->run(std::span(inputs).subspan(first * clip_length, some * clip_length), static_cast<std::int64_t>(some));
        for (std::size_t i = 0; i < part.size(); ++i) {
          if (quantization != nullptr) ASSERT_EQ(part[i], all[first * classes + i]);
          else ASSERT_NEAR(static_cast<double>(part[i]), static_cast<double>(all[first * classes + i]), 1e-6);
        }
      }
    }
  }
  EXPECT_TRUE(engine().evaluator(graph, nullptr)->run({}, 0).empty());
}

}  // namespace
}  // namespace qmn
