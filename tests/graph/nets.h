// SPDX-License-Identifier: Apache-2.0
// tests/graph/nets.h   One small net with every operator, for tests that break one thing in it.
#pragma once

#include "graph/graph.h"

namespace qmn::testing {

inline Tensor filled(const Shape& shape, float value) {
  return {shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)), value)};
}

/// features 1x2x6x5 → conv → norm → relu → pool → flatten → dropout → fc → softmax
inline Graph every_operator() {
  Graph g;
  g.name = "every_operator";
  g.input = g.add_value("features", {1, 2, 6, 5});
  Conv2d conv{.name = "conv", .input = g.input};
  conv.weight = g.add_initializer("conv_weights", filled({4, 1, 3, 3}, 0.5f));
  conv.bias = g.add_initializer("conv_bias", filled({4}, 0.25f));
  conv.output = g.add_value("conv_out");
  conv.groups = 2;
  conv.strides = {2, 1};
  conv.pads = {0, 1, 1, 1};
  BatchNorm norm{.name = "norm", .input = conv.output};
  norm.scale = g.add_initializer("norm_scale", filled({4}, 2));
  norm.offset = g.add_initializer("norm_offset", filled({4}, 1));
  norm.mean = g.add_initializer("norm_mean", filled({4}, 3));
  norm.variance = g.add_initializer("norm_variance", filled({4}, 4));
  norm.output = g.add_value("norm_out");
  Relu relu{.name = "relu", .input = norm.output, .output = g.add_value("relu_out")};
  AveragePool2d pool{.name = "pool", .input = relu.output, .output = g.add_value("pool_out"), .kernel = {3, 5}};
  Flatten flatten{.name = "flatten", .input = pool.output, .output = g.add_value("flatten_out")};
  Dropout dropout{.name = "dropout", .input = flatten.output, .output = g.add_value("dropout_out")};
  FullyConnected dense{.name = "fc", .input = dropout.output};
  dense.weight = g.add_initializer("fc_weights", filled({3, 4}, 0.125f));
  dense.bias = g.add_initializer("fc_bias", filled({3}, -1));
  dense.output = g.add_value("logits");
  Softmax softmax{.name = "softmax", .input = dense.output, .output = g.add_value("scores")};
  g.output = softmax.output;
  g.nodes = {conv, norm, relu, pool, flatten, dropout, dense, softmax};
  infer_shapes(g);
  return g;
}

template <class N>
N& node_of(Graph& graph) {
  for (Node& node : graph.nodes) {
    if (N* found = std::get_if<N>(&node)) return *found;
  }
  std::abort();
}

}  // namespace qmn::testing
