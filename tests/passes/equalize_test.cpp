// SPDX-License-Identifier: Apache-2.0
#include "passes/equalize.h"

#include "passes/chain.h"
#include "passes/scale_input.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

using testing::expect_same_function;

/// Random nets of convolutions, depthwise and grouped ones, ReLUs fused and alone, pools, Flatten, fully connected layers; the channels of
/// each weight are spread over several powers of two.
Graph random_net(std::uint64_t seed) {
  Random random({0x6571, seed});
  Graph graph;
  graph.name = "net";
  ValueId last = graph.input = graph.add_value("input", {1, 2, 9, 6});
  int count = 0;
  const auto parameter = [&](const std::string& name, Shape shape) {
    Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
    const std::size_t per_channel = tensor.data.size() / static_cast<std::size_t>(shape[0]);
    std::vector<double> sizes(static_cast<std::size_t>(shape[0]));
    for (double& size : sizes) size = std::exp2(random.uniform(-4, 2));
    for (std::size_t i = 0; i < tensor.data.size(); ++i) tensor.data[i] = static_cast<float>(random.normal() * sizes[i / per_channel]);
    return graph.add_initializer(name, std::move(tensor));
  };
  const auto finish = [&](auto node, const std::string& name) {
    node.name = name;
    node.input = last;
    last = node.output = graph.add_value(name + "_out");
    graph.nodes.emplace_back(node);
    graph.output = last;
    infer_shapes(graph);
  };
  const auto conv = [&](std::int64_t outputs, std::int64_t groups) {
    const std::string name = "conv" + std::to_string(count++);
    Conv2d node;
    node.groups = groups;
    node.pads = {1, 1, 1, 1};
    node.weight = parameter(name + "_weight", {outputs, graph.shape(last)[1] / groups, 3, 3});
    if (random.uniform() < 0.8) node.bias = parameter(name + "_bias", {outputs});
    node.activation = random.uniform() < 0.7 ? Activation::relu : Activation::none;
    finish(node, name);
    if (random.uniform() < 0.3) finish(Relu{}, "relu" + std::to_string(count++));
  };
  conv(6, 1);
  for (int layer = 0; layer < 3; ++layer) {
    const std::int64_t channels = graph.shape(last)[1];
    const double kind = random.uniform();
    if (kind < 0.4) conv(channels, channels);
    else if (kind < 0.6) conv(2 * channels, channels);  // depthwise with a multiplier
    else if (kind < 0.8) conv(channels, 2);
    else conv(4, 1);
    if (random.uniform() < 0.3) {
      AveragePool2d pool;
      pool.kernel = {2, 2};
      finish(pool, "pool" + std::to_string(count++));
    }
  }
  finish(Flatten{}, "flatten");
  for (int layer = 0; layer < 2; ++layer) {
    FullyConnected node;
    const std::string name = "fc" + std::to_string(layer);
    node.weight = parameter(name + "_weight", {5, graph.shape(last)[1]});
    node.bias = parameter(name + "_bias", {5});
    node.activation = layer == 0 ? Activation::relu : Activation::none;
    finish(node, name);
  }
  verify(graph);
  return graph;
}

TEST(Equalize, KeepsTheFunctionOfRandomNets) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Graph before = random_net(seed);
    for (const bool is_power_of_two : {false, true}) {
      Graph after = before;
      EXPECT_EQ(equalize_layers(after, {.is_power_of_two = is_power_of_two}), 5) << "every layer but the first follows one";
      SCOPED_TRACE(seed);
      expect_same_function(before, after, seed);
      EXPECT_NE(after.initializers.begin()->second.data, before.initializers.begin()->second.data) << "it did something";
    }
  }
}

TEST(Equalize, PowersOfTwoKeepEveryBit) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Graph before = random_net(seed);
    Graph after = before;
    equalize_layers(after, {.is_power_of_two = true});
    Random random({seed});
    std::vector<float> clip(static_cast<std::size_t>(element_count(before.shape(before.input))));
    for (float& real : clip) real = static_cast<float>(random.uniform(-3, 3));
    EXPECT_EQ(reference::run(after, clip), reference::run(before, clip)) << seed;
  }
}

/// Largest |w| of each output channel, or of each input channel of a Gemm.
std::vector<double> ranges(const Tensor& weight, bool of_inputs) {
  std::vector<double> largest(static_cast<std::size_t>(weight.shape[of_inputs ? 1 : 0]));
  const auto columns = static_cast<std::size_t>(weight.shape[1]);
  for (std::size_t i = 0; i < weight.data.size(); ++i) {
    double& range = largest[of_inputs ? i % columns : i / columns];
    range = std::max(range, std::fabs(static_cast<double>(weight.data[i])));
  }
  return largest;
}

TEST(Equalize, BothSidesOfAChannelGetTheGeometricMeanOfTheirRanges) {
  const Graph before = testing::Chain({1, 6}).dense().relu().dense().graph;
  Graph after = before;
  EXPECT_EQ(equalize_layers(after), 1);
  const auto weight = [](const Graph& graph, std::size_t node) { return graph.initializer(std::get<FullyConnected>(graph.nodes[node]).weight); };
  const std::vector<double> r1 = ranges(weight(before, 0), false), r2 = ranges(weight(before, 2), true);
  const std::vector<double> after1 = ranges(weight(after, 0), false), after2 = ranges(weight(after, 2), true);
  for (std::size_t c = 0; c < r1.size(); ++c) {
    EXPECT_NEAR(after1[c], std::sqrt(r1[c] * r2[c]), 1e-6);
    EXPECT_NEAR(after2[c], std::sqrt(r1[c] * r2[c]), 1e-6);
  }
}

TEST(ScaleValues, DividesWhatTheFirstLayerWritesAndKeepsTheFunction) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Graph before = random_net(seed);
    const std::vector<ValueId> values = scalable_values(before);
    ASSERT_EQ(values.size(), 5u);
    Random random({seed, 5});
    std::map<ValueId, double> divisors;
    for (const ValueId value : values) divisors[value] = std::exp2(static_cast<double>(random.uniform_int(5)) - 2);  // powers of two lose no bit
    Graph after = before;
    scale_values(after, divisors);
    std::vector<float> clip(static_cast<std::size_t>(element_count(before.shape(before.input))));
    for (float& real : clip) real = static_cast<float>(random.uniform(-3, 3));
    EXPECT_EQ(reference::run(after, clip), reference::run(before, clip)) << seed;
  }
  const Graph before = testing::Chain({1, 6}).dense().dense().graph;
  const auto& first = std::get<FullyConnected>(before.nodes[0]);
  Graph after = before;
  scale_values(after, {{first.output, 4}});
  EXPECT_FLOAT_EQ(after.initializer(first.bias).data[1], before.initializer(first.bias).data[1] / 4);
  EXPECT_FLOAT_EQ(after.initializer(first.weight).data[7], before.initializer(first.weight).data[7] / 4);
  EXPECT_FLOAT_EQ(after.initializer(std::get<FullyConnected>(before.nodes[1]).weight).data[3], before.initializer(std::get<FullyConnected>(before.nodes[1]).weight).data[3] * 4);
}

TEST(ScaleValues, LogitsAndValuesWithTwoReadersAreNotScalable) {
  Graph graph = testing::Chain({1, 6}).dense().relu().dense().graph;
  EXPECT_EQ(scalable_values(graph), std::vector<ValueId>{std::get<FullyConnected>(graph.nodes[0]).output});
  graph.output = std::get<FullyConnected>(graph.nodes[0]).output;
  EXPECT_TRUE(scalable_values(graph).empty());
}

TEST(Equalize, LeavesAloneWhatHasASecondReaderOrAnotherOperatorBetween) {
  Graph graph = testing::Chain({1, 5}).dense().norm().dense().graph;
  EXPECT_EQ(equalize_layers(graph), 0);
  Graph read_twice = testing::Chain({1, 5}).dense().dense().graph;
  read_twice.output = std::get<FullyConnected>(read_twice.nodes[0]).output;
  EXPECT_EQ(equalize_layers(read_twice), 0);
}

TEST(ScaleInput, IsTheSameFunctionOfScaledFeaturesBitForBit) {
  const Graph before = testing::Chain({1, 1, 3, 4}).flatten().dense().relu().dense().graph;
  ASSERT_TRUE(can_scale_input(before));
  Graph after = before;
  const std::vector<int> shifts{2, 0, -3, 1};
  scale_input(after, shifts);
  Random random({5});
  std::vector<float> clip(12), scaled;
  for (float& real : clip) real = static_cast<float>(random.uniform(-3, 3));
  for (std::size_t i = 0; i < clip.size(); ++i) scaled.push_back(std::ldexp(clip[i], -shifts[i % 4]));
  EXPECT_EQ(reference::run(after, scaled), reference::run(before, clip));
}

/// A recurrent cell that sees [x, h] and [x, 2h], written out: x is each frame of the input.
Graph recurrent_net(std::int64_t scanned_axis) {
  Graph graph;
  graph.name = "cell";
  graph.input = graph.add_value("features", {1, 3, 4});
  Random random({9});
  const auto parameter = [&](const std::string& name, Shape shape) {
    Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
    for (float& number : tensor.data) number = static_cast<float>(random.normal());
    return graph.add_initializer(name, std::move(tensor));
  };
  const std::int64_t width = scanned_axis == 1 ? 4 : 3;
  Scan scan;
  scan.name = "scan";
  const ValueId x = graph.add_value("x", {1, width}), h = graph.add_value("h", {1, 2}), joined = graph.add_value("joined"), doubled = graph.add_value("doubled"),
                again = graph.add_value("again"), gate = graph.add_value("gate"), next = graph.add_value("next"), sum = graph.add_value("sum");
  scan.inputs = {{graph.input, x, scanned_axis}};
  scan.states = {{parameter("start", {1, 2}), h, next, graph.add_value("last")}};
  scan.body.emplace_back(Concat{.name = "concat", .inputs = {h, x}, .axis = 1, .output = joined});
  scan.body.emplace_back(FullyConnected{.name = "gate", .input = joined, .weight = parameter("gate_weight", {2, width + 2}), .bias = parameter("gate_bias", {2}), .output = gate});
  scan.body.emplace_back(Add{.name = "double", .left = h, .right = h, .output = doubled});
  scan.body.emplace_back(Concat{.name = "concat_2", .inputs = {x, doubled}, .axis = 1, .output = again});
  scan.body.emplace_back(FullyConnected{.name = "candidate", .input = again, .weight = parameter("weight", {2, width + 2}), .output = sum});
  scan.body.emplace_back(Add{.name = "next", .left = gate, .right = sum, .output = next});
  graph.output = scan.states[0].final_out;
  graph.nodes.emplace_back(std::move(scan));
  infer_shapes(graph);
  verify(graph);
  return graph;
}

TEST(ScaleInput, ReachesTheColumnsOfEachFrameInARecurrentCell) {
  const Graph before = recurrent_net(1);
  ASSERT_TRUE(can_scale_input(before));
  Graph after = before;
  const std::vector<int> shifts{3, -1, 0, 2};
  scale_input(after, shifts);
  std::vector<float> clip(12), scaled;
  Random random({6});
  for (float& real : clip) real = static_cast<float>(random.uniform(-3, 3));
  for (std::size_t i = 0; i < clip.size(); ++i) scaled.push_back(std::ldexp(clip[i], -shifts[i % 4]));
  EXPECT_EQ(reference::run(after, scaled), reference::run(before, clip));
}

TEST(ScaleInput, IsNotForCellsThatStepAlongTheCoefficientsOrAreReadElsewhere) {
  EXPECT_FALSE(can_scale_input(recurrent_net(2)));
  Graph read_twice = recurrent_net(1);
  std::get<Add>(std::get<Scan>(read_twice.nodes[0]).body[2]).right = std::get<Scan>(read_twice.nodes[0]).inputs[0].body_in;  // any other reader
  EXPECT_FALSE(can_scale_input(read_twice));
}

TEST(ScaleInput, IsNotForConvolutionsNorForInputsThatAreReadTwice) {
  EXPECT_FALSE(can_scale_input(testing::Chain({1, 2, 4, 3}).conv().graph));
  EXPECT_FALSE(can_scale_input(testing::Chain({1, 5}).relu().dense().graph));
  EXPECT_TRUE(can_scale_input(testing::Chain({1, 5}).dense().graph));
}

}  // namespace
}  // namespace qmn
