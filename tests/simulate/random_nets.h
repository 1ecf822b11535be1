// SPDX-License-Identifier: Apache-2.0
// Random quantized nets with legal formats, for tests that compare two ways of running one.
#pragma once

#include "base/random.h"
#include "graph/quantization.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

namespace qmn {

/// plain: 8 bits and a format for each tensor. wide: int16 activations, formats for channels and corrections, each now and then.
enum class NetFormats { plain, wide };

class RandomNet {
 public:
  /// Input [1, channels, height, width] or [1, count].
  RandomNet(std::uint64_t seed, Shape input_shape, NetFormats net_formats = NetFormats::plain) : random_{0x6e657473, seed}, net_formats_(net_formats) {
    model_.graph.name = "net";
    model_.quantization.emplace();
    last_ = model_.graph.input = model_.graph.add_value("input", input_shape);
    model_.quantization->formats[last_] = activation_format(static_cast<int>(between(2, 6)));
    infer_shapes_so_far();
  }

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_.uniform_int(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool coin() { return random_.uniform_int(2) == 0; }
  const Shape& shape() const { return model_.graph.shape(last_); }

  void conv(std::int64_t out_channels, std::array<std::int64_t, 2> kernel, Conv2d attributes = {}) {
    attributes.groups = std::max<std::int64_t>(attributes.groups, 1);
    add_layer(std::move(attributes), "conv", {out_channels, shape()[1] / attributes.groups, kernel[0], kernel[1]});
  }
  /// One filter (or `multiplier`) a channel.
  void depthwise(std::array<std::int64_t, 2> kernel, std::int64_t multiplier, Conv2d attributes = {}) {
    attributes.groups = shape()[1];
    add_layer(std::move(attributes), "depthwise", {shape()[1] * multiplier, 1, kernel[0], kernel[1]});
  }
  void fully_connected(std::int64_t out_count) { add_layer(FullyConnected{}, "fc", {out_count, shape()[1]}); }
  void relu() { add(Relu{}, "relu", near_activation(2)); }
  void flatten() { add(Flatten{}, "flatten", is_wide() && between(0, 3) == 0 ? near_activation(1) : format()); }
  void average_pool(AveragePool2d attributes) { add(std::move(attributes), "pool", near_activation(2)); }
  void global_average_pool() {
    AveragePool2d pool;
    pool.kernel = {shape()[2], shape()[3]};
    average_pool(pool);
  }

  Model model() const {
    Model model = model_;
    model.graph.output = last_;
    return model;
  }

  /// Values that fill the input's range and now and then leave it.
  std::vector<float> inputs(std::int64_t clip_count) {
    const QFormat input_format = model_.quantization->formats.at(model_.graph.input);
    std::vector<float> reals(static_cast<std::size_t>(clip_count * element_count(model_.graph.shape(model_.graph.input))));
    for (float& real : reals) real = static_cast<float>(random_.normal() * input_format.real_max() / 2.5);
    return reals;
  }

 private:
  QFormat format() const { return model_.quantization->formats.at(last_); }
  QFormat near_format(int frac_bits, int spread) { return {8, frac_bits + static_cast<int>(between(-spread, spread))}; }

  bool is_wide() const { return net_formats_ == NetFormats::wide; }
  /// frac_bits are those that it would have in 8 bits; the range stays.
  QFormat activation_format(int frac_bits) {
    if (is_wide() && coin()) return {16, frac_bits + 8};
    return {8, frac_bits};
  }
  /// A range near that of the last value.
  QFormat near_activation(int spread) {
    const QFormat last = format();
    return activation_format(near_format(last.frac_bits - (last.total_bits - 8), spread).frac_bits);
  }

  /// Formats for channels, finer than that of the tensor, and a correction.
  void widen(ValueId weight, ValueId bias) {
    Quantization& q = *model_.quantization;
    const auto channel_count = static_cast<std::size_t>(model_.graph.shape(weight)[0]);
    const bool has_8_bit_bias = bias != kNoValue && q.formats.at(bias).total_bits == 8;
    if (coin() && !has_8_bit_bias) {
      std::vector<int> frac_bits(channel_count, q.formats.at(weight).frac_bits), accumulators;
      for (int& bits : frac_bits) bits += static_cast<int>(between(0, 3));
      q.set_channels(weight, 8, frac_bits);
      for (const int bits : frac_bits) accumulators.push_back(format().frac_bits + bits);
      if (bias != kNoValue) q.set_channels(bias, 32, accumulators);
    }
    for (const ValueId id : {weight, bias}) {
      if (id == kNoValue || coin()) continue;
      std::vector<float> correction(model_.graph.initializer(id).data.size());
      for (float& real : correction) real = static_cast<float>(random_.normal() * q.formats.at(weight).step());
      q.corrections[id] = correction;
    }
  }

  ValueId parameter(const std::string& name, const Shape& parameter_shape, double deviation) {
    Tensor tensor{parameter_shape, std::vector<float>(static_cast<std::size_t>(element_count(parameter_shape)))};
    for (float& real : tensor.data) real = static_cast<float>(random_.normal() * deviation);
    return model_.graph.add_initializer(name, std::move(tensor));
  }

  QFormat parameter_format(ValueId id) {
    double max_abs = 0;
    for (float real : model_.graph.initializer(id).data) max_abs = std::max(max_abs, std::fabs(static_cast<double>(real)));
    return near_format(format_for(max_abs).frac_bits, 1);
  }

  template <class N>
  void add_layer(N node, const std::string& kind, const Shape& weight_shape) {
    auto& formats = model_.quantization->formats;
    const std::string name = fmt::format("{}_{}", kind, model_.graph.nodes.size());
    const double fan_in = static_cast<double>(element_count(weight_shape)) / static_cast<double>(weight_shape[0]);
    node.weight = parameter(name + "_weight", weight_shape, 1 / std::sqrt(fan_in));
    formats[node.weight] = parameter_format(node.weight);
    const bool is_long = format().total_bits == 16 && fan_in > 250;  // 32768 · 127 · 500 is near 2^31
    if (is_long) formats[node.weight].frac_bits -= 2;
    const int accumulator = accumulator_frac_bits(format(), formats[node.weight]);
    if (between(0, 5) != 0) {
      node.bias = parameter(name + "_bias", {weight_shape[0]}, format().real_max() / 8);
      formats[node.bias] = parameter_format(node.bias);
      formats[node.bias].frac_bits = std::min(formats[node.bias].frac_bits, accumulator);
      if (coin()) formats[node.bias] = {32, accumulator};
    }
    if (is_wide() && !is_long) widen(node.weight, node.bias);
    node.activation = coin() ? Activation::relu : Activation::none;
    QFormat output = near_activation(1);
    output.frac_bits = std::min(output.frac_bits, accumulator_frac_bits(format(), formats[node.weight]));
    add(std::move(node), kind, output);
  }

  template <class N>
  void add(N node, const std::string& kind, QFormat output_format) {
    node.name = fmt::format("{}_{}", kind, model_.graph.nodes.size());
    node.input = last_;
    last_ = node.output = model_.graph.add_value(node.name + "_out");
    model_.quantization->formats[last_] = output_format;
    model_.graph.nodes.push_back(std::move(node));
    infer_shapes_so_far();
  }

  void infer_shapes_so_far() {
    model_.graph.output = last_;
    infer_shapes(model_.graph);
  }

  Random random_;
  NetFormats net_formats_;
  Model model_;
  ValueId last_ = kNoValue;
};

/// A small DS-CNN: convolution, depthwise and pointwise pairs, average pool, logits.
inline RandomNet random_ds_cnn(std::uint64_t seed, NetFormats formats = NetFormats::plain) {
  RandomNet net(seed, {1, 1, 20, 8}, formats);
  Conv2d first;
  first.strides = {2, 2};
  first.pads = {4, 1, 4, 1};
  net.conv(net.between(3, 20), {10, 4}, first);
  for (int block = 0; block < 2; ++block) {
    Conv2d same;
    same.pads = {1, 1, 1, 1};
    net.depthwise({3, 3}, 1, same);
    net.conv(net.between(3, 40), {1, 1});
  }
  net.global_average_pool();
  net.flatten();
  net.fully_connected(net.between(2, 12));
  return net;
}

/// A small DNN.
inline RandomNet random_dnn(std::uint64_t seed, NetFormats formats = NetFormats::plain) {
  RandomNet net(seed, {1, 1, 10, 7}, formats);
  net.flatten();
  for (int layer = 0; layer < 3; ++layer) net.fully_connected(net.between(3, 40));
  net.fully_connected(net.between(2, 12));
  return net;
}

/// Everything else that lowers: several input channels, strides, dilations, uneven pads, multipliers, lone ReLUs, a Flatten of an image.
inline RandomNet random_image_net(std::uint64_t seed, NetFormats formats = NetFormats::plain) {
  RandomNet net(seed, {1, 3, 9, 7}, formats);
  Conv2d uneven;
  uneven.strides = {net.between(1, 2), net.between(1, 2)};
  uneven.dilations = {net.between(1, 2), net.between(1, 2)};
  uneven.pads = {net.between(0, 2), net.between(0, 2), net.between(0, 2), net.between(0, 2)};
  net.conv(net.between(1, 9), {net.between(1, 3), net.between(1, 3)}, uneven);
  if (net.coin()) net.relu();
  Conv2d padded;
  padded.pads = {1, 0, 1, 2};
  net.depthwise({net.between(1, 3), net.between(1, 3)}, net.between(1, 3), padded);
  if (net.coin()) net.relu();
  AveragePool2d pool;
  pool.kernel = {2, 2};
  pool.strides = {net.between(1, 2), net.between(1, 2)};
  pool.pads = {net.between(0, 1), net.between(0, 1), net.between(0, 1), net.between(0, 1)};
  net.average_pool(pool);
  net.flatten();
  if (net.coin()) net.relu();
  net.fully_connected(net.between(2, 12));
  return net;
}

}  // namespace qmn
