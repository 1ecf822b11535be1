// SPDX-License-Identifier: Apache-2.0
#include "nets.h"
#include "quantize/quantize.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

Graph net_with(std::vector<float> weights, std::vector<float> biases) {
  Graph graph = testing::dense_net({static_cast<std::int64_t>(weights.size() / biases.size()), static_cast<std::int64_t>(biases.size())}, 1);
  graph.initializer(*graph.find("fc1_weight")).data = std::move(weights);
  graph.initializer(*graph.find("fc1_bias")).data = std::move(biases);
  return graph;
}

QFormat format_of(const Graph& graph, const Quantization& quantization, const char* name) { return quantization.formats.at(*graph.find(name)); }

TEST(QuantizeParameters, FollowsTheClassicRulePerTensor) {
  const Graph graph = net_with({0.3f, -0.6f, 0.1f, 0.2f}, {3.0f, -4.0f});
  const Quantization quantization = quantize_parameters(graph, 8);
  EXPECT_EQ(format_of(graph, quantization, "fc1_weight"), (QFormat{8, 7}));  // 0.6 < 1: no integer bit
  EXPECT_EQ(format_of(graph, quantization, "fc1_bias"), (QFormat{8, 5}));    // ceil(log2(4)) = 2
  EXPECT_EQ(quantization.formats.size(), 2u) << "activations stay float";
}

TEST(QuantizeParameters, GivesTinyAndLargeTensorsFormatsBeyondTheUsualRange) {
  const Graph graph = net_with({0.01f, -0.02f}, {300.0f});
  const Quantization quantization = quantize_parameters(graph, 8);
  EXPECT_EQ(format_of(graph, quantization, "fc1_weight"), (QFormat{8, 12}));  // ceil(log2(0.02)) = -5
  EXPECT_EQ(format_of(graph, quantization, "fc1_bias"), (QFormat{8, -2}));    // ceil(log2(300)) = 9
}

TEST(QuantizeParameters, AnAllZeroTensorIsLegal) {
  const Graph graph = net_with({0, 0}, {0});
  EXPECT_EQ(format_of(graph, quantize_parameters(graph, 8), "fc1_bias"), (QFormat{8, 7}));
}

TEST(QuantizeParameters, WideBiasesHave32Bits) {
  const Graph graph = net_with({0.5f, 0.5f}, {3.0f});
  EXPECT_EQ(format_of(graph, quantize_parameters(graph, 32), "fc1_bias"), (QFormat{32, 29}));
}

TEST(QuantizeParameters, RefusesAnInfiniteWeightByName) {
  Graph graph = net_with({0.5f, 0.5f}, {3.0f});
  graph.initializer(*graph.find("fc1_weight")).data[1] = INFINITY;
  try {
    quantize_parameters(graph, 8);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("fc1_weight"), std::string::npos) << error.what();
    EXPECT_EQ(error.kind(), ErrorKind::data);
  }
}

}  // namespace
}  // namespace qmn
