// SPDX-License-Identifier: Apache-2.0
// tests/passes/chain.h   Graphs as one-line chains: built from a few steps, and shown as text to be matched.
#pragma once

#include "base/random.h"
#include "graph/graph.h"
#include "graph/shape_rules.h"
#include "support/reference_interpreter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace qmn::testing {

/// "Conv+relu Dropout Gemm": the operators in order, with their fused activation.
inline std::string operators(const Graph& graph) {
  std::string out;
  for (const Node& node : graph.nodes) {
    out += fmt::format("{}{}", out.empty() ? "" : " ", op_type(node));
    std::visit(
        [&](const auto& n) {
          if constexpr (requires { n.activation; }) out += n.activation == Activation::relu ? "+relu" : n.activation == Activation::relu6 ? "+relu6" : "";
        },
        node);
  }
  return out;
}

/// Appends layers with random parameters; the last value is the output until set otherwise.
class Chain {
 public:
  explicit Chain(Shape input_shape) {
    graph.name = "chain";
    graph.input = graph.output = graph.add_value("features", std::move(input_shape));
  }

  Chain& conv(bool has_bias = true) {
    Conv2d n{.name = name("conv")};
    const std::int64_t channels = graph.shape(graph.output)[1];
    n.weight = parameter(n.name + "_weights", {3, channels, 2, 2});
    if (has_bias) n.bias = parameter(n.name + "_bias", {3});
    return append(std::move(n));
  }
  Chain& dense(bool has_bias = true) {
    FullyConnected n{.name = name("fc")};
    n.weight = parameter(n.name + "_weights", {4, graph.shape(graph.output)[1]});
    if (has_bias) n.bias = parameter(n.name + "_bias", {4});
    return append(std::move(n));
  }
  Chain& norm(float epsilon = 1e-3f) {
    BatchNorm n{.name = name("norm")};
    const Shape channels{graph.shape(graph.output)[1]};
    n.scale = parameter(n.name + "_scale", channels);
    n.offset = parameter(n.name + "_offset", channels);
    n.mean = parameter(n.name + "_mean", channels);
    n.variance = parameter(n.name + "_variance", channels, 0.001, 2);
    n.epsilon = epsilon;
    return append(std::move(n));
  }
  Chain& relu() { return append(Relu{.name = name("relu")}); }
  Chain& dropout() { return append(Dropout{.name = name("dropout")}); }
  Chain& flatten() { return append(Flatten{.name = name("flatten")}); }

  Graph graph;

 private:
  std::string name(const std::string& kind) { return kind + std::to_string(graph.nodes.size()); }
  ValueId parameter(const std::string& parameter_name, const Shape& shape, double low = -1, double high = 1) {
    std::vector<float> reals(static_cast<std::size_t>(element_count(shape)));
    for (float& real : reals) real = static_cast<float>(random_.uniform(low, high));
    return graph.add_initializer(parameter_name, {shape, std::move(reals)});
  }
  template <class N>
  Chain& append(N n) {
    n.input = graph.output;
    n.output = graph.add_value(n.name + "_out");
    graph.value(n.output).shape = output_shape(graph, n);
    graph.output = n.output;
    graph.nodes.push_back(std::move(n));
    return *this;
  }

  Random random_{4711};
};

/// The two graphs give the same output, within float rounding of the parameters.
inline void expect_same_function(const Graph& before, const Graph& after, std::uint64_t seed = 1) {
  verify(after);
  Random random{seed};
  std::vector<float> clip(static_cast<std::size_t>(element_count(before.shape(before.input))));
  for (float& real : clip) real = static_cast<float>(random.uniform(-3, 3));
  const reference::Reals expected = reference::run(before, clip), got = reference::run(after, clip);
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5 * (1 + std::abs(expected[i]))) << i;
}

}  // namespace qmn::testing
