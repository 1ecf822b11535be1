// SPDX-License-Identifier: Apache-2.0
#include "lower/lower.h"
#include "nets.h"
#include "passes/passes.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace qmn {
namespace {

struct OneLayer {
  Graph graph = testing::dense_net({4, 3}, 1);
  Quantization quantization;

  OneLayer(int input, int weight, QFormat bias, int output) {
    set("input", {8, input});
    set("flat", {8, input});
    set("fc1_weight", {8, weight});
    set("fc1_bias", bias);
    set("fc1", {8, output});
  }
  void set(const char* name, QFormat format) { quantization.formats[*graph.find(name)] = format; }
  QFormat get(const char* name) const { return quantization.formats.at(*graph.find(name)); }
};

TEST(Legalize, LeavesTheWorkedExampleAlone) {
  OneLayer net(5 - 3, 7, {8, 8}, 2);  // input Q5.2, weights Q0.7, bias with 8 fractional bits, output Q5.2
  EXPECT_TRUE(legalize(net.graph, net.quantization).empty());
  EXPECT_EQ(bias_shift(net.get("flat"), net.get("fc1_weight"), net.get("fc1_bias")), 1);
  EXPECT_EQ(out_shift(net.get("flat"), net.get("fc1_weight"), net.get("fc1")), 7);
}

TEST(Legalize, ClampsABiasFinerThanTheAccumulatorAndSaysSo) {
  OneLayer net(2, 7, {8, 11}, 2);
  const auto remarks = legalize(net.graph, net.quantization);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(net.get("fc1_bias"), (QFormat{8, 9}));
  EXPECT_NE(remarks[0].find("fc1_bias: Q-4.11 -> Q-2.9"), std::string::npos) << remarks[0];
}

TEST(Legalize, ClampsAnOutputFinerThanTheAccumulator) {
  OneLayer net(-4, 7, {8, 0}, 7);
  const auto remarks = legalize(net.graph, net.quantization);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(net.get("fc1"), (QFormat{8, 3}));
}

TEST(Legalize, KeepsTheOutShiftWithinItsLimit) {
  OneLayer net(20, 20, {8, 10}, 2);
  EXPECT_EQ(legalize(net.graph, net.quantization).size(), 1u);
  EXPECT_EQ(out_shift(net.get("flat"), net.get("fc1_weight"), net.get("fc1")), kMaxOutShift);
}

TEST(Legalize, PutsWideBiasesAtAccumulatorScaleWithoutARemark) {
  OneLayer net(2, 7, {32, 29}, 2);
  EXPECT_TRUE(legalize(net.graph, net.quantization).empty());
  EXPECT_EQ(net.get("fc1_bias"), (QFormat{32, 9}));
}

TEST(Legalize, ChannelsBringTheirBiasTo32BitsAtTheirOwnAccumulators) {
  OneLayer net(2, 7, {8, 8}, 2);
  const ValueId weight = *net.graph.find("fc1_weight"), bias = *net.graph.find("fc1_bias");
  net.quantization.set_channels(weight, 8, {5, 7, 9});
  const auto remarks = legalize(net.graph, net.quantization);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_NE(remarks[0].find("fc1_bias: gets 32 bits"), std::string::npos) << remarks[0];
  EXPECT_EQ(net.quantization.channels_of(weight), (std::vector<int>{5, 7, 9}));
  EXPECT_EQ(net.quantization.channels_of(bias), (std::vector<int>{7, 9, 11}));
  EXPECT_EQ(net.get("fc1_bias").total_bits, 32);
}

TEST(Legalize, AChannelThatTheOutputIsTooFineForGivesWayAlone) {
  OneLayer net(0, 7, {32, 0}, 6);  // out_shift = frac_bits of the channel - 6
  const ValueId weight = *net.graph.find("fc1_weight");
  net.quantization.set_channels(weight, 8, {4, 8, 9});
  const auto remarks = legalize(net.graph, net.quantization);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_NE(remarks[0].find("1 channels of 3"), std::string::npos) << remarks[0];
  EXPECT_EQ(net.quantization.channels_of(weight), (std::vector<int>{6, 8, 9}));
  EXPECT_EQ(net.get("fc1"), (QFormat{8, 6})) << "the output keeps its format";
}

TEST(Legalize, WeightsBehind16BitsKeepTheirAccumulatorInInt32) {
  OneLayer net(0, 20, {32, 0}, 0);
  net.set("input", {16, 0});
  net.set("flat", {16, 0});
  Tensor& weight = net.graph.initializer(*net.graph.find("fc1_weight"));
  std::ranges::fill(weight.data, 1.0f);  // at 20 fractional bits each saturates to 127: 4 of them are far inside
  EXPECT_TRUE(legalize(net.graph, net.quantization).empty());
  Graph wide = testing::dense_net({1024, 3}, 1);
  Quantization formats;
  for (const auto& [name, format] : {std::pair{"input", QFormat{16, 0}}, {"flat", QFormat{16, 0}}, {"fc1_weight", QFormat{8, 7}}, {"fc1_bias", QFormat{32, 7}}, {"fc1", QFormat{8, 0}}}) {
    formats.formats[*wide.find(name)] = format;
  }
  std::ranges::fill(wide.initializer(*wide.find("fc1_weight")).data, 0.99f);  // 32768 * 127 * 1024 is 2^32 and less
  const auto remarks = legalize(wide, formats);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_NE(remarks[0].find("fc1_weight: Q0.7 -> Q1.6, because fc1 reads 16 bits"), std::string::npos) << remarks[0];
}

TEST(Legalize, TiesTheFlattenOutputToItsInput) {
  OneLayer net(2, 7, {8, 8}, 2);
  net.set("flat", {8, 6});
  legalize(net.graph, net.quantization);
  EXPECT_EQ(net.get("flat"), net.get("input"));
  net.quantization.formats.erase(*net.graph.find("input"));
  legalize(net.graph, net.quantization);
  EXPECT_FALSE(net.quantization.format_of(*net.graph.find("flat")));
}

TEST(Legalize, DoesNotTouchLayersWithFloatActivations) {
  OneLayer net(2, 7, {8, 20}, 2);
  for (const char* name : {"input", "flat"}) net.quantization.formats.erase(*net.graph.find(name));
  EXPECT_TRUE(legalize(net.graph, net.quantization).empty());
  EXPECT_EQ(net.get("fc1_bias"), (QFormat{8, 20}));
}

Graph pool_net() {
  Graph graph;
  graph.input = graph.add_value("input", {1, 2, 25, 5});
  const ValueId pooled = graph.add_value("pooled"), clipped = graph.add_value("clipped");
  graph.nodes.emplace_back(AveragePool2d{.name = "pool", .input = graph.input, .output = pooled, .kernel = {25, 5}});
  graph.nodes.emplace_back(Relu{"relu", pooled, clipped});
  graph.output = clipped;
  infer_shapes(graph);
  return graph;
}

TEST(Legalize, KeepsPoolsAndRelusWithinTheRangeOfTheirKernels) {
  const Graph graph = pool_net();
  const ValueId input = graph.input, pooled = *graph.find("pooled"), clipped = *graph.find("clipped");
  for (int in = -kMaxFracBits; in <= kMaxFracBits; in += 5) {
    for (int out = -kMaxFracBits; out <= kMaxFracBits; out += 5) {
      Quantization quantization{{{input, {8, in}}, {pooled, {8, out}}, {clipped, {8, -out}}}};
      legalize(graph, quantization);
      const int pool_shift = in - quantization.formats.at(pooled).frac_bits;
      const double left = pool_shift < 0 ? std::ldexp(1.0, -pool_shift) : 1, right = pool_shift > 0 ? std::ldexp(1.0, pool_shift) : 1;
      EXPECT_LT(2 * 128 * 125 * left + 125 * right, std::ldexp(1.0, 31)) << in << " " << out;
      const int relu_shift = quantization.formats.at(pooled).frac_bits - quantization.formats.at(clipped).frac_bits;
      EXPECT_GE(relu_shift, -22);
      EXPECT_LE(relu_shift, 30);
    }
  }
}

TEST(Legalize, OnePassSettlesRandomFormats) {
  const Graph graph = testing::dense_net({4, 5, 6, 3}, 2);
  Random random({11});
  for (int trial = 0; trial < 2000; ++trial) {
    Quantization quantization;
    const auto draw = [&](int bits) { return QFormat{bits, static_cast<int>(random.uniform_int(41)) - 20}; };
    for (const TiedValues& values : activation_groups(graph)) {
      const QFormat format = draw(8);
      for (const ValueId value : values) quantization.formats[value] = format;
    }
    const int bias_bits = trial % 2 == 0 ? 8 : 32;
    for (const WeightedLayer& layer : weighted_layers(graph)) {
      quantization.formats[layer.weight] = draw(8);
      quantization.formats[layer.bias] = draw(bias_bits);
    }
    legalize(graph, quantization);
    for (const WeightedLayer& layer : weighted_layers(graph)) {
      const QFormat in = quantization.formats.at(layer.input), weight = quantization.formats.at(layer.weight);
      const int shift = out_shift(in, weight, quantization.formats.at(layer.output));
      EXPECT_GE(bias_shift(in, weight, quantization.formats.at(layer.bias)), 0);
      EXPECT_TRUE(bias_bits == 8 || bias_shift(in, weight, quantization.formats.at(layer.bias)) == 0);
      EXPECT_GE(shift, 0);
      EXPECT_LE(shift, kMaxOutShift);
    }
    Quantization again = quantization;
    EXPECT_TRUE(legalize(graph, again).empty()) << "trial " << trial;
    EXPECT_EQ(again.formats, quantization.formats);
  }
}

TEST(Legalize, ALargeBiasOf32BitsStaysWithinTheAccumulator) {
  Model model;
  model.graph = testing::dense_net({4, 3}, 1);
  const WeightedLayer layer = weighted_layers(model.graph).front();
  model.graph.initializer(layer.bias).data = {100, -3, 0};
  Quantization& quantization = model.quantization.emplace();
  for (const TiedValues& values : activation_groups(model.graph)) {
    for (const ValueId value : values) quantization.set_format(value, {8, 12});
  }
  quantization.set_format(layer.weight, {8, 15});
  quantization.set_format(layer.bias, {32, 27});  // 100 · 2^27 is beyond 2^31
  const std::vector<std::string> remarks = legalize(model.graph, quantization);
  ASSERT_FALSE(remarks.empty());
  EXPECT_NE(remarks[0].find("Q-8.15 -> Q-5.12, because fc1 adds a large bias"), std::string::npos) << remarks[0];
  EXPECT_NO_THROW(lower(model));
}

TEST(Layers, TheSoftmaxAtTheEndIsLeftOutOfTheSearch) {
  Graph graph = testing::dense_net({4, 3}, 1);
  const ValueId logits = graph.output, scores = graph.add_value("scores", {1, 3});
  graph.nodes.emplace_back(Softmax{"softmax", logits, scores});
  graph.output = scores;
  EXPECT_EQ(up_to_logits(graph).output, logits);
  EXPECT_EQ(activation_groups(graph), (std::vector<TiedValues>{{graph.input, *graph.find("flat")}, {logits}}));
}

}  // namespace
}  // namespace qmn
