// SPDX-License-Identifier: Apache-2.0
// tests/support/random_graph.h   Small random nets that use every operator of the float IR and all of its attributes, and random inputs.
#pragma once

#include "base/random.h"
#include "graph/graph.h"
#include "graph/shape_rules.h"

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

namespace qmn::testing {

struct RandomGraphOptions {
  bool has_fused_activations = true;  ///< some layers carry their activation, as after fuse_activation
  bool has_softmax = true;            ///< some nets end in one
  bool has_elementwise = true;        ///< max pool, add, sub, mul, concat, slice, sigmoid, tanh, clip, Scan
};

class RandomGraph {
 public:
  explicit RandomGraph(std::uint64_t seed, RandomGraphOptions options = {}) : random_{seed, 77}, options_(options) {}

  Graph make() {
    graph_.name = "random";
    current_ = graph_.input = graph_.add_value("features", {1, pick(1, 4), pick(3, 9), pick(3, 7)});
    const int layers = static_cast<int>(pick(1, 4));
    for (int i = 0; i < layers; ++i) add_spatial_layer();
    if (options_.has_elementwise && maybe()) add_scan();
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
  Activation maybe_relu() {
    if (!options_.has_fused_activations || maybe()) return Activation::none;
    return options_.has_elementwise && maybe() ? Activation::relu6 : Activation::relu;
  }

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
    switch (pick(0, options_.has_elementwise ? 5 : 3)) {
      case 0:
        return add_pool();
      case 4:
        return add_max_pool();
      case 5:
        return add_elementwise();
      default:
        return add_conv();
    }
  }

  void add_max_pool() {
    const Shape in = graph_.shape(current_);
    MaxPool2d pool{.name = next_name("max_pool"), .input = current_};
    pool.kernel = {pick(1, std::min<std::int64_t>(3, in[2])), pick(1, std::min<std::int64_t>(3, in[3]))};
    pool.strides = {pick(1, 2), pick(1, 2)};
    pool.pads = {pick(0, pool.kernel[0] - 1), pick(0, pool.kernel[1] - 1), pick(0, pool.kernel[0] - 1), pick(0, pool.kernel[1] - 1)};
    append(std::move(pool));
  }

  template <class N>
  void add_operands(const char* kind) {
    const ValueId left = current_;
    N node{.name = next_name(kind), .left = left};
    const bool is_add = std::is_same_v<N, Add>;  // the reader takes an added constant behind a layer for its bias
    if (is_add || maybe()) {                     // σ(left) beside it: a value with two readers
      append(Sigmoid{.name = next_name("sigmoid"), .input = left});
      node.right = current_;
    } else {
      Shape shape(graph_.shape(left).size() - 1, 1);
      shape[0] = maybe() ? graph_.shape(left)[1] : 1;
      node.constant = parameter(node.name + "_constant", shape);
    }
    node.activation = maybe_relu();
    append(std::move(node));
  }

  void add_elementwise() {
    const std::int64_t rank = static_cast<std::int64_t>(graph_.shape(current_).size()), axis = pick(1, rank - 1);
    const std::int64_t extent = graph_.shape(current_)[static_cast<std::size_t>(axis)];
    const ValueId before = current_;
    switch (pick(0, 6)) {
      case 0:
        return add_operands<Add>("add");
      case 1:
        return add_operands<Sub>("sub");
      case 2:
        return add_operands<Mul>("mul");
      case 3:
        return append(Tanh{.name = next_name("tanh"), .input = current_});
      case 4:
        append(Tanh{.name = next_name("tanh"), .input = current_});
        return append(Concat{.name = next_name("concat"), .inputs = {before, current_, before}, .axis = axis});
      case 5: {
        const std::int64_t start = pick(0, extent - 1);
        return append(Slice{.name = next_name("slice"), .input = current_, .axis = axis, .start = start, .end = pick(start + 1, extent)});
      }
      default:
        return append(Clamp{.name = next_name("clip"), .input = current_, .low = maybe() ? 0.0f : -0.5f, .high = maybe() ? 6.0f : 0.75f});
    }
  }

  /// Over the rows of an image: s' = tanh(W·[row, s]), whose values become the rows of the next image; or the last s alone, as an image.
  void add_scan() {
    const Shape in = graph_.shape(current_);
    const std::int64_t width = in[1] * in[3], units = pick(1, 5);
    Scan scan;
    scan.name = next_name("scan");
    const auto value = [&](const char* what, const Shape& shape) { return graph_.add_value(scan.name + what, shape); };
    const ValueId row = value("_row", {1, in[1], in[3]}), state = value("_state", {1, units});
    const ValueId flat = value("_flat", {1, width}), both = value("_both", {1, width + units});
    const ValueId linear = value("_linear", {1, units}), next = value("_next", {1, units});
    scan.inputs = {{.outer = current_, .body_in = row, .axis = 2}};
    scan.states = {{.initial = parameter(scan.name + "_initial", {1, units}), .body_in = state, .body_out = next}};
    FullyConnected dense{.name = scan.name + "_fc", .input = both};
    dense.weight = parameter(dense.name + "_weights", {units, width + units});
    dense.output = linear;
    scan.body = {Flatten{.name = scan.name + "_flatten", .input = row, .output = flat},
                 Concat{.name = scan.name + "_concat", .inputs = {flat, state}, .axis = 1, .output = both}, dense,
                 Tanh{.name = scan.name + "_tanh", .input = linear, .output = next}};
    if (maybe()) {
      scan.states[0].final_out = value("_last", {1, units});
      current_ = scan.states[0].final_out;
    } else {
      scan.outputs = {{.body_out = next, .outer = value("_all", {1, in[2], units}), .axis = 1}};
      current_ = scan.outputs[0].outer;
    }
    graph_.nodes.push_back(std::move(scan));
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
    if (options_.has_elementwise && maybe()) add_elementwise();
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
