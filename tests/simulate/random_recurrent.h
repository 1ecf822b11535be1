// SPDX-License-Identifier: Apache-2.0
// Random small nets of the operators that have more than one input or a state: images that branch and join, and LSTM, GRU and CRNN bodies in
// a Scan. Quantized, with legal formats; accumulators stay below 2^24.
#pragma once

#include "base/random.h"
#include "graph/quantization.h"
#include "graph/shape_rules.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

namespace qmn {

class BranchingNet {
 public:
  explicit BranchingNet(std::uint64_t seed) : random_{0x6c6f6f70, seed} {
    model_.graph.name = "net";
    model_.quantization.emplace();
  }

  int pick(int low, int high) { return low + static_cast<int>(random_.uniform_int(static_cast<std::uint64_t>(high - low + 1))); }
  bool coin() { return pick(0, 1) == 0; }
  QFormat format(ValueId id) const { return model_.quantization->formats.at(id); }
  QFormat near(int frac_bits) { return {8, frac_bits + pick(-1, 1)}; }
  const Shape& shape(ValueId id) const { return model_.graph.shape(id); }
  std::int64_t count(ValueId id) const { return element_count(model_.graph.shape(id)); }

  ValueId input(const Shape& shape) {
    const ValueId id = value("input", near(4), shape);
    return model_.graph.input = id;
  }
  Model finish(ValueId output) {
    model_.graph.output = output;
    infer_shapes(model_.graph);
    return model_;
  }

  // ---- Nodes; they go into the body between open() and close() ----

  ValueId fully_connected(ValueId in, std::int64_t outputs) {
    FullyConnected node;
    node.weight = parameter({outputs, count(in)}, 1 / std::sqrt(static_cast<double>(count(in))), {8, 7});
    const int accumulator = accumulator_frac_bits(format(in), format(node.weight));
    if (coin()) node.bias = parameter({outputs}, 0.5, coin() ? QFormat{32, accumulator} : QFormat{8, std::min(6, accumulator)});
    return push(std::move(node), in, {8, std::min(near(5).frac_bits, accumulator)});
  }
  ValueId conv(ValueId in, std::int64_t channels) {
    Conv2d node;
    node.weight = parameter({channels, model_.graph.shape(in)[1], 3, 3}, 0.4, {8, 6});
    node.pads = {1, 1, 1, 1};
    node.activation = static_cast<Activation>(pick(0, 2));
    return push(std::move(node), in, {8, std::min(near(4).frac_bits, accumulator_frac_bits(format(in), {8, 6}))});
  }
  ValueId max_pool(ValueId in) {
    MaxPool2d node;
    for (std::size_t i = 0; i < 2; ++i) node.kernel[i] = pick(1, static_cast<int>(std::min<std::int64_t>(3, shape(in)[i + 2])));
    node.strides = {pick(1, 2), pick(1, 2)};
    node.pads = {pick(0, static_cast<int>(node.kernel[0]) - 1), pick(0, static_cast<int>(node.kernel[1]) - 1), 0, 0};
    return push(std::move(node), in, near(format(in).frac_bits));
  }
  template <class N>
  ValueId unary(ValueId in, QFormat out) {
    return push(N{}, in, out);
  }
  ValueId clip(ValueId in) {
    Clamp node;
    node.low = static_cast<float>(-pick(0, 3)) / 2;
    node.high = static_cast<float>(pick(1, 12)) / 2;
    return push(node, in, near(format(in).frac_bits));
  }
  ValueId flatten(ValueId in) { return push(Flatten{}, in, format(in)); }
  /// The output format of products is clamped to the finest that they have.
  template <class N>
  ValueId binary(ValueId left, ValueId right, QFormat out) {
    N node;
    node.right = right;
    if (coin() && coin()) node.activation = coin() ? Activation::relu : Activation::relu6;
    return push_binary(std::move(node), left, format(right), out);
  }
  template <class N>
  ValueId with_constant(ValueId left, const Tensor& constant, QFormat constant_format, QFormat out) {
    N node;
    node.constant = constant_value(constant, constant_format);
    return push_binary(std::move(node), left, constant_format, out);
  }
  Tensor random_constant(Shape shape) {
    Tensor tensor{std::move(shape), {}};
    for (std::int64_t i = 0; i < element_count(tensor.shape); ++i) tensor.data.push_back(static_cast<float>(random_.normal()));
    return tensor;
  }
  ValueId slice(ValueId in, std::int64_t axis, std::int64_t start, std::int64_t end) {
    Slice node;
    node.axis = axis;
    node.start = start;
    node.end = end;
    return push(node, in, coin() ? format(in) : near(format(in).frac_bits));
  }
  ValueId concat(const std::vector<ValueId>& inputs, std::int64_t axis, QFormat out) {
    Concat node;
    node.inputs = inputs;
    node.axis = axis;
    node.output = value(node.name = name("concat"), out);
    return push_node(std::move(node));
  }

  // ---- Scan ----

  void open() {
    scan_.name = name("scan");
    nodes_ = &scan_.body;
  }
  /// The step of `outer` along `axis`.
  ValueId scanned(ValueId outer, std::int64_t axis) {
    Shape shape = model_.graph.shape(outer);
    shape.erase(shape.begin() + axis);
    const ValueId inside = value(name("x"), format(outer), shape);
    scan_.inputs.push_back({outer, inside, axis});
    return inside;
  }
  ValueId state(std::int64_t units, QFormat state_format) {
    Tensor initial{{1, units}, std::vector<float>(static_cast<std::size_t>(units), 0.0f)};
    if (pick(0, 3) == 0) initial = random_constant({1, units});
    if (pick(0, 3) == 0) std::fill(initial.data.begin(), initial.data.end(), 0.4f);
    const ValueId start = model_.graph.add_initializer(name("start"), std::move(initial));
    const ValueId inside = value(name("state"), state_format, {1, units});
    scan_.states.push_back({start, inside, kNoValue, kNoValue});
    return inside;
  }
  /// Behind its last step the state is the returned value.
  ValueId carry(ValueId state, ValueId next) {
    for (Scan::State& carried : scan_.states) {
      if (carried.body_in != state) continue;
      carried.body_out = next;
      return carried.final_out = value(name("last"), format(state));
    }
    return kNoValue;
  }
  ValueId stacked(ValueId inside, std::int64_t axis) {
    const ValueId outer = value(name("all"), format(inside));
    scan_.outputs.push_back({inside, outer, axis});
    return outer;
  }
  void close() {
    nodes_ = &model_.graph.nodes;
    nodes_->emplace_back(std::exchange(scan_, Scan{}));
    infer_so_far();
  }

 private:
  std::string name(const std::string& kind) { return fmt::format("{}_{}", kind, next_++); }

  ValueId value(const std::string& value_name, QFormat value_format, const Shape& shape = {}) {
    const ValueId id = model_.graph.add_value(value_name, shape);
    model_.quantization->formats[id] = value_format;
    return id;
  }
  ValueId constant_value(Tensor tensor, QFormat constant_format) {
    const ValueId id = model_.graph.add_initializer(name("constant"), std::move(tensor));
    model_.quantization->formats[id] = constant_format;
    return id;
  }
  ValueId parameter(const Shape& shape, double deviation, QFormat parameter_format) {
    Tensor tensor = random_constant(shape);
    for (float& real : tensor.data) real = static_cast<float>(static_cast<double>(real) * deviation);
    return constant_value(std::move(tensor), parameter_format);
  }

  template <class N>
  ValueId push(N node, ValueId in, QFormat out) {
    node.name = name(op_type(Node{node}));
    node.input = in;
    node.output = value(node.name + "_out", out);
    return push_node(std::move(node));
  }
  template <class N>
  ValueId push_binary(N node, ValueId left, QFormat right, QFormat out) {
    if constexpr (std::is_same_v<N, Mul>) out.frac_bits = std::min(out.frac_bits, accumulator_frac_bits(format(left), right));
    node.name = name(op_type(Node{node}));
    node.left = left;
    node.output = value(node.name + "_out", out);
    return push_node(std::move(node));
  }
  template <class N>
  ValueId push_node(N node) {
    const ValueId out = node.output;
    nodes_->emplace_back(std::move(node));
    if (nodes_ == &model_.graph.nodes) {
      infer_so_far();
    } else {
      model_.graph.value(out).shape = output_shape(model_.graph, nodes_->back());
    }
    return out;
  }
  void infer_so_far() {
    model_.graph.output = outputs_of(model_.graph.nodes.back()).front();
    infer_shapes(model_.graph);
  }

  Random random_;
  Model model_;
  Scan scan_;
  std::vector<Node>* nodes_ = &model_.graph.nodes;
  int next_ = 0;
};

/// An LSTM over the rows of the input: with or without peepholes and projection, cell state of 8 or 16 bits.
inline Model random_lstm(std::uint64_t seed) {
  BranchingNet net(seed);
  const int steps = net.pick(1, 6), inputs = net.pick(1, 6), units = net.pick(1, 9);
  const bool has_peepholes = net.coin(), has_projection = net.coin();
  const int outputs = has_projection ? net.pick(1, 7) : units;
  const ValueId in = net.input({1, 1, steps, inputs});
  const QFormat unit{8, 7}, cell = net.coin() ? QFormat{16, 12} : QFormat{8, 5}, hidden = has_projection ? QFormat{8, 5} : unit;
  net.open();
  const ValueId x = net.flatten(net.scanned(in, 2));
  const ValueId c = net.state(units, cell), h = net.state(outputs, hidden);
  const ValueId gates = net.fully_connected(net.concat({x, h}, 1, {8, net.pick(4, 6)}), 4 * units);
  const auto gate = [&](int index, ValueId memory) {
    const ValueId part = net.slice(gates, 1, index * units, (index + 1) * units);
    if (!has_peepholes) return part;
    const ValueId peephole = net.with_constant<Mul>(memory, net.random_constant({units}), {8, 5}, {8, 5});
    return net.binary<Add>(part, peephole, {8, 4});
  };
  const ValueId i = net.unary<Sigmoid>(gate(0, c), unit), f = net.unary<Sigmoid>(gate(2, c), unit);
  const ValueId j = net.unary<Tanh>(net.slice(gates, 1, units, 2 * units), unit);
  const ValueId kept = net.binary<Mul>(f, c, {cell.total_bits, cell.frac_bits + net.pick(-1, 1)});
  const ValueId next_c = net.binary<Add>(kept, net.binary<Mul>(i, j, unit), cell);
  const ValueId o = net.unary<Sigmoid>(gate(3, next_c), net.coin() ? unit : QFormat{16, 15});
  ValueId next_h = net.binary<Mul>(o, net.unary<Tanh>(next_c, unit), unit);
  if (has_projection) next_h = net.fully_connected(next_h, outputs);
  if (net.format(next_h) != hidden) next_h = net.concat({next_h}, 1, hidden);
  net.carry(c, next_c);
  const ValueId last = net.carry(h, next_h);
  net.close();
  return net.finish(net.fully_connected(last, net.pick(2, 6)));
}

/// A GRU over the steps of `in` along `axis`; returns its last output, or those of all steps as one row.
inline ValueId add_random_gru(BranchingNet& net, ValueId in, std::int64_t axis) {
  const int units = net.pick(1, 9);
  const QFormat unit{8, 7}, hidden = net.pick(0, 3) == 0 ? QFormat{8, 6} : unit;
  const bool gives_all = net.coin(), is_factored = net.coin();
  net.open();
  const ValueId x = net.flatten(net.scanned(in, axis));
  const ValueId h = net.state(units, hidden);
  const ValueId gates = net.unary<Sigmoid>(net.fully_connected(net.concat({x, h}, 1, {8, net.pick(4, 6)}), 2 * units), unit);
  const ValueId r = net.slice(gates, 1, 0, units), u = net.slice(gates, 1, units, 2 * units);
  const ValueId reset = net.binary<Mul>(r, h, hidden);
  const ValueId c = net.unary<Tanh>(net.fully_connected(net.concat({x, reset}, 1, {8, 5}), units), unit);
  ValueId next = kNoValue;
  if (is_factored) {  // c + u (h - c)
    next = net.binary<Add>(c, net.binary<Mul>(u, net.binary<Sub>(h, c, {8, 6}), {8, 6}), hidden);
  } else {  // u h + (1 - u) c
    const ValueId rest = net.with_constant<Add>(net.with_constant<Mul>(u, {{1}, {-1.0f}}, {8, 6}, unit), {{1}, {1.0f}}, {8, 6}, unit);
    next = net.binary<Add>(net.binary<Mul>(u, h, unit), net.binary<Mul>(rest, c, unit), hidden);
  }
  const ValueId last = net.carry(h, next);
  const ValueId all = gives_all ? net.stacked(next, 1) : kNoValue;
  net.close();
  return gives_all ? net.flatten(all) : last;
}

inline Model random_gru(std::uint64_t seed) {
  BranchingNet net(seed);
  const ValueId in = net.input({1, 1, net.pick(1, 6), net.pick(1, 6)});
  return net.finish(net.fully_connected(add_random_gru(net, in, 2), net.pick(2, 6)));
}

/// A convolution, then a GRU over the rows of its maps: the body flattens channels and columns.
inline Model random_crnn(std::uint64_t seed) {
  BranchingNet net(seed);
  const ValueId map = net.conv(net.input({1, 1, net.pick(2, 6), net.pick(2, 5)}), net.pick(1, 4));
  return net.finish(net.fully_connected(add_random_gru(net, net.coin() ? map : net.max_pool(map), 2), net.pick(2, 6)));
}

/// Images that branch and join: max pool, add, sub, mul, constants by channel, concat and slice along every dimension, curves, clips.
inline Model random_branching_net(std::uint64_t seed) {
  BranchingNet net(seed);
  const ValueId a = net.conv(net.input({1, net.pick(1, 3), net.pick(3, 6), net.pick(3, 5)}), net.pick(2, 5));
  const Shape shape = net.shape(a);
  ValueId b = net.clip(a);
  const Tensor by_channel = net.random_constant({shape[1], 1, 1});
  b = net.with_constant<Mul>(b, by_channel, {8, 5}, net.near(4));
  b = net.coin() ? net.with_constant<Sub>(b, by_channel, {8, 5}, net.near(4)) : net.with_constant<Add>(b, net.random_constant({1}), {16, 10}, net.near(4));
  b = net.coin() ? net.unary<Sigmoid>(b, net.near(6)) : net.unary<Tanh>(b, net.near(6));
  ValueId joined = net.coin() ? net.binary<Add>(a, b, net.near(4)) : net.binary<Sub>(a, b, {16, 9});
  joined = net.binary<Mul>(joined, b, net.near(4));
  const std::int64_t axis = net.pick(1, 3);
  joined = net.concat({a, joined, b}, axis, net.near(4));
  for (std::int64_t cut = 1; cut <= 3; ++cut) {
    const std::int64_t extent = net.shape(joined)[static_cast<std::size_t>(cut)];
    const int start = net.pick(0, static_cast<int>(extent) - 1);
    if (net.coin()) joined = net.slice(joined, cut, start, net.pick(start + 1, static_cast<int>(extent)));
  }
  joined = net.max_pool(joined);
  const ValueId row = net.concat({net.flatten(joined), net.flatten(net.max_pool(b))}, 1, net.near(4));
  return net.finish(net.fully_connected(net.coin() ? net.unary<Tanh>(row, {8, 7}) : row, net.pick(2, 6)));
}

}  // namespace qmn
