// SPDX-License-Identifier: Apache-2.0
// tests/support/random_graph.h   Small random nets that use every operator of the float IR and all of its attributes, and random inputs.
#pragma once

#include "base/random.h"
#include "graph/graph.h"
#include "graph/shape_rules.h"

#include <algorithm>
#include <string>
#include <vector>

namespace qmn::testing {

struct RandomGraphOptions {
  bool has_fused_activations = true;  ///< some layers carry their activation, as after fuse_activation
  bool has_softmax = true;            ///< some nets end in one
};

class RandomGraph {
 public:
  explicit RandomGraph(std::uint64_t seed, RandomGraphOptions options = {}) : random_{seed, 77}, options_(options) {}

  Graph make() {
    graph_.name = "random";
    current_ = graph_.input = graph_.add_value("features", {1, pick(1, 4), pick(3, 9), pick(3, 7)});
    const int layers = static_cast<int>(pick(1, 4));
    for (int i = 0; i < layers; ++i) add_spatial_layer();
    append(Flatten{.name = next_name("flatten"), .input = current_});
    const int dense_layers = static_cast<int>(pick(1, 3));
    for (int i = 0; i < dense_layers; ++i) add_dense_layer();
    if (options_.has_softmax && maybe()) append(Softmax{.name = next_name("softmax"), .input = current_});
    graph_.output = current_;
    verify(graph_);
    return graph_;
  }

  std::vector<float> reals(std::int64_t count, double low = -2, double high = 2) {
    std::vector<float> out(static_cast<std::size_t>(count));
    for (float& real : out) real = static_cast<float>(random_.uniform(low, high));
    return out;
  }

 private:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_.uniform_int(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool maybe() { return random_.uniform_int(2) == 0; }
  std::string next_name(const std::string& kind) { return kind + "_" + std::to_string(++name_count_); }
  Activation maybe_relu() { return options_.has_fused_activations && maybe() ? Activation::relu : Activation::none; }

  ValueId parameter(const std::string& name, const Shape& shape, double low = -1, double high = 1) {
    return graph_.add_initializer(name, {shape, reals(element_count(shape), low, high)});
  }

  template <class N>
  void append(N node) {
    node.output = graph_.add_value(node.name + "_out");
    graph_.value(node.output).shape = output_shape(graph_, node);
    current_ = node.output;
    graph_.nodes.push_back(std::move(node));
  }

  void add_spatial_layer() {
    switch (pick(0, 3)) {
      case 0:
        return add_pool();
      default:
        return add_conv();
    }
  }

  void add_conv() {
    const Shape in = graph_.shape(current_);
    Conv2d conv{.name = next_name("conv"), .input = current_};
    conv.groups = maybe() ? in[1] : 1;
    const std::int64_t out_channels = conv.groups * pick(1, conv.groups == 1 ? 5 : 2);
    const std::int64_t kernel_h = pick(1, std::min<std::int64_t>(3, in[2])), kernel_w = pick(1, std::min<std::int64_t>(3, in[3]));
    conv.strides = {pick(1, 2), pick(1, 2)};
    conv.dilations = {2 * (kernel_h - 1) + 1 <= in[2] ? pick(1, 2) : 1, 2 * (kernel_w - 1) + 1 <= in[3] ? pick(1, 2) : 1};
    conv.pads = {pick(0, 1), pick(0, 1), pick(0, 2), pick(0, 2)};
    conv.weight = parameter(conv.name + "_weights", {out_channels, in[1] / conv.groups, kernel_h, kernel_w});
    if (maybe()) conv.bias = parameter(conv.name + "_bias", {out_channels});
    conv.activation = maybe_relu();
    append(std::move(conv));
    add_norm_and_activation();
  }

  void add_pool() {
    const Shape in = graph_.shape(current_);
    AveragePool2d pool{.name = next_name("pool"), .input = current_};
    if (maybe()) {
      pool.kernel = {in[2], in[3]};
    } else {
      pool.kernel = {pick(1, std::min<std::int64_t>(3, in[2])), pick(1, std::min<std::int64_t>(3, in[3]))};
      pool.strides = {pick(1, 2), pick(1, 2)};
      pool.pads = {pick(0, pool.kernel[0] - 1), pick(0, pool.kernel[1] - 1), pick(0, pool.kernel[0] - 1), pick(0, pool.kernel[1] - 1)};
    }
    append(std::move(pool));
  }

  void add_dense_layer() {
    const std::int64_t in_count = graph_.shape(current_)[1], out_count = pick(2, 8);
    FullyConnected dense{.name = next_name("fc"), .input = current_};
    dense.weight = parameter(dense.name + "_weights", {out_count, in_count});
    if (maybe()) dense.bias = parameter(dense.name + "_bias", {out_count});
    dense.activation = maybe_relu();
    append(std::move(dense));
    add_norm_and_activation();
  }

  void add_norm_and_activation() {
    if (maybe()) {
      const Shape channels{graph_.shape(current_)[1]};
      BatchNorm norm{.name = next_name("norm"), .input = current_};
      norm.scale = parameter(norm.name + "_scale", channels);
      norm.offset = parameter(norm.name + "_offset", channels);
      norm.mean = parameter(norm.name + "_mean", channels);
      norm.variance = parameter(norm.name + "_variance", channels, 0, 2);
      norm.epsilon = static_cast<float>(random_.uniform(1e-4, 1e-2));
      norm.momentum = static_cast<float>(random_.uniform(0.5, 1));
      append(std::move(norm));
    }
    if (maybe()) append(Relu{.name = next_name("relu"), .input = current_});
    if (maybe()) append(Dropout{.name = next_name("dropout"), .input = current_, .ratio = static_cast<float>(random_.uniform(0, 0.9))});
  }

  Random random_;
  RandomGraphOptions options_;
  Graph graph_;
  ValueId current_ = kNoValue;
  int name_count_ = 0;
};

}  // namespace qmn::testing
