// SPDX-License-Identifier: Apache-2.0
// tests/engine/nets.h   Small graphs and random numbers for the engine's tests.
#pragma once

#include "base/random.h"
#include "graph/graph.h"
#include "graph/quantization.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace qmn::test {

inline std::vector<float> random_floats(std::int64_t count, std::uint64_t seed, double low = -1, double high = 1) {
  Random random{seed};
  std::vector<float> out(static_cast<std::size_t>(count));
  for (float& x : out) x = static_cast<float>(random.uniform(low, high));
  return out;
}

/// A chain of nodes: each `add` reads the last value.
class NetBuilder {
 public:
  NetBuilder(Shape input_shape, std::uint64_t seed) : seed_(seed) {
    graph.name = "test";
    last = graph.input = graph.add_value("input", std::move(input_shape));
  }
  ValueId parameter(const std::string& name, Shape shape, double low = -1, double high = 1) {
    Tensor tensor{shape, random_floats(element_count(shape), ++seed_, low, high)};
    return graph.add_initializer(name, std::move(tensor));
  }
  template <class NodeType>
  ValueId add(NodeType node, const std::string& name) {
    node.name = name;
    node.input = last;
    last = node.output = graph.add_value(name + "_out");
    graph.nodes.emplace_back(std::move(node));
    graph.output = last;
    infer_shapes(graph);
    return last;
  }
  ValueId conv(const std::string& name, std::int64_t out, std::int64_t in, std::array<std::int64_t, 2> kernel, Conv2d node = {}) {
    const double scale = 1.0 / static_cast<double>(in * kernel[0] * kernel[1]);
    node.weight = parameter(name + "_w", {out, in, kernel[0], kernel[1]}, -3 * scale, 3 * scale);
    node.bias = parameter(name + "_b", {out}, -0.3, 0.3);
    return add(node, name);
  }
  ValueId dense(const std::string& name, std::int64_t out, std::int64_t in, Activation activation = Activation::none) {
    FullyConnected node;
    node.activation = activation;
    const double scale = 2.0 / std::sqrt(static_cast<double>(in));
    node.weight = parameter(name + "_w", {out, in}, -scale, scale);
    node.bias = parameter(name + "_b", {out}, -0.3, 0.3);
    return add(node, name);
  }
  ValueId norm(const std::string& name, std::int64_t channels) {
    BatchNorm node;
    node.scale = parameter(name + "_scale", {channels}, 0.5, 1.5);
    node.offset = parameter(name + "_offset", {channels});
    node.mean = parameter(name + "_mean", {channels});
    node.variance = parameter(name + "_variance", {channels}, 0.5, 2.0);
    return add(node, name);
  }

  Graph graph;
  ValueId last = kNoValue;

 private:
  std::uint64_t seed_;
};

/// A depthwise-separable net, folded and fused, as quantization sees it.
inline Graph small_ds_cnn(std::uint64_t seed) {
  NetBuilder net({1, 1, 11, 6}, seed);
  net.conv("conv1", 8, 1, {4, 3}, {.strides = {2, 2}, .pads = {1, 0, 2, 1}, .activation = Activation::relu});
  net.conv("depthwise", 8, 1, {3, 3}, {.pads = {1, 1, 1, 1}, .groups = 8, .activation = Activation::relu});
  net.conv("pointwise", 12, 8, {1, 1}, {.activation = Activation::relu});
  const Shape shape = net.graph.shape(net.last);
  net.add(AveragePool2d{.kernel = {shape[2], shape[3]}}, "pool");
  net.add(Flatten{}, "flat");
  net.dense("logits", 5, 12);
  return net.graph;
}

/// 8-bit formats for every value; the flat value shares the pool's.
inline Quantization full_quantization(const Graph& graph) {
  Quantization quantization;
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    const auto id = static_cast<ValueId>(i);
    if (!graph.is_initializer(id)) {
      quantization.formats[id] = QFormat{8, 5};
      continue;
    }
    double largest = 0;
    for (float x : graph.initializer(id).data) largest = std::max(largest, std::abs(static_cast<double>(x)));
    quantization.formats[id] = format_for(largest);
  }
  return quantization;
}

}  // namespace qmn::test
