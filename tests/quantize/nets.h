// SPDX-License-Identifier: Apache-2.0
// tests/quantize/nets.h   Small graphs for the quantize tests.
#pragma once

#include "base/random.h"
#include "graph/graph.h"

#include <cmath>
#include <string>
#include <vector>

namespace qmn::testing {

inline Tensor random_tensor(Shape shape, Random& random, double deviation) {
  Tensor tensor{std::move(shape), {}};
  tensor.data.resize(static_cast<std::size_t>(element_count(tensor.shape)));
  for (float& real : tensor.data) real = static_cast<float>(deviation * random.normal());
  return tensor;
}

/// input [1,1,1,sizes[0]] → Flatten → Gemm + ReLU → … → Gemm; random parameters. Values: "input", "flat", "fc1", … ("fc1_weight", "fc1_bias").
inline Graph dense_net(const std::vector<std::int64_t>& sizes, std::uint64_t seed) {
  Random random({seed});
  Graph graph;
  graph.name = "dense_net";
  graph.input = graph.add_value("input", {1, 1, 1, sizes[0]});
  ValueId last = graph.add_value("flat");
  graph.nodes.emplace_back(Flatten{"flatten", graph.input, last});
  for (std::size_t layer = 1; layer < sizes.size(); ++layer) {
    const std::string name = "fc" + std::to_string(layer);
    FullyConnected node{.name = name, .input = last};
    node.weight = graph.add_initializer(name + "_weight", random_tensor({sizes[layer], sizes[layer - 1]}, random, 1.0 / std::sqrt(static_cast<double>(sizes[layer - 1]))));
    node.bias = graph.add_initializer(name + "_bias", random_tensor({sizes[layer]}, random, 0.1));
    node.output = graph.add_value(name);
    node.activation = layer + 1 < sizes.size() ? Activation::relu : Activation::none;
    last = node.output;
    graph.nodes.emplace_back(node);
  }
  graph.output = last;
  infer_shapes(graph);
  verify(graph);
  return graph;
}

}  // namespace qmn::testing
