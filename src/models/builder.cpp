// SPDX-License-Identifier: Apache-2.0
#include "models/builder.h"

#include "graph/shape_rules.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr float kBatchNormEpsilon = 1e-3f;
constexpr double kNarrowDeviation = 0.01;
constexpr float kDropoutRatio = 0;  // the published nets were trained with a keep probability of 1; `qmn train --dropout` sets it

struct Pads {
  std::int64_t before, after;
};

Pads same_padding(std::int64_t in, std::int64_t kernel, std::int64_t stride) {
  const std::int64_t out = (in + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * stride + kernel - in);
  return {total / 2, total - total / 2};
}

}  // namespace

ModelBuilder::ModelBuilder(std::string name, const FrontEndSettings& front_end, std::uint64_t seed) : random_{seed} {
  graph_.name = std::move(name);
  graph_.input = graph_.add_value("features", {1, 1, front_end.frame_count(), front_end.coefficient_count});
  current_ = graph_.input;
}

void ModelBuilder::append(Node node) {
  current_ = output_of(node);
  graph_.value(current_).shape = output_shape(graph_, node);
  graph_.nodes.push_back(std::move(node));
}

ValueId ModelBuilder::constant(const std::string& name, std::int64_t count, float value) {
  return graph_.add_initializer(name, {{count}, std::vector<float>(static_cast<std::size_t>(count), value)});
}

ValueId ModelBuilder::glorot(const std::string& name, const Shape& shape, std::int64_t fan_in, std::int64_t fan_out) {
  return weights(name, shape, fan_in, fan_out, Initial::glorot);
}

ValueId ModelBuilder::weights(const std::string& name, const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, Initial initial) {
  check_shape(shape, "the tensor " + name);
  const double limit = std::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
  const auto narrow_normal = [&] {
    for (;;) {
      const double draw = random_.normal();
      if (std::abs(draw) <= 2) return draw * kNarrowDeviation;
    }
  };
  Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
  for (float& real : tensor.data) real = static_cast<float>(initial == Initial::glorot ? random_.uniform(-limit, limit) : narrow_normal());
  return graph_.add_initializer(name, std::move(tensor));
}

void ModelBuilder::flatten() { append(Flatten{.name = "flatten", .input = current_, .output = graph_.add_value("flatten_out")}); }

void ModelBuilder::conv(const std::string& name, const ConvShape& conv, Padding padding, Initial initial) {
  const Shape in = current_shape();
  const std::int64_t kernel_size = conv.kernel[0] * conv.kernel[1];
  const std::int64_t in_per_group = in[1] / conv.groups;
  Conv2d layer{.name = name, .input = current_};
  layer.weight = weights(name + "_weights", {conv.out_channels, in_per_group, conv.kernel[0], conv.kernel[1]}, in_per_group * kernel_size,
                         conv.out_channels / conv.groups * kernel_size, initial);
  layer.bias = constant(name + "_bias", conv.out_channels, 0);
  layer.output = graph_.add_value(name + "_linear");
  layer.strides = conv.strides;
  if (padding == Padding::same) {
    const Pads time = same_padding(in[2], conv.kernel[0], conv.strides[0]), frequency = same_padding(in[3], conv.kernel[1], conv.strides[1]);
    layer.pads = {time.before, frequency.before, time.after, frequency.after};
  }
  layer.groups = conv.groups;
  append(std::move(layer));
}

void ModelBuilder::batch_norm(const std::string& name, float momentum) {
  const std::int64_t channels = current_shape().at(1);
  BatchNorm norm{.name = name + "_batch_norm", .input = current_};
  norm.scale = constant(name + "_scale", channels, 1);
  norm.offset = constant(name + "_offset", channels, 0);
  norm.mean = constant(name + "_mean", channels, 0);
  norm.variance = constant(name + "_variance", channels, 1);
  norm.output = graph_.add_value(name + "_normalized");
  norm.epsilon = kBatchNormEpsilon;
  norm.momentum = momentum;
  append(std::move(norm));
}

void ModelBuilder::relu(const std::string& name) {
  append(Relu{.name = name + "_relu", .input = current_, .output = graph_.add_value(name + "_out")});
}

void ModelBuilder::dropout(const std::string& name) {
  append(Dropout{.name = name + "_dropout", .input = current_, .output = graph_.add_value(name + "_dropped"), .ratio = kDropoutRatio});
}

void ModelBuilder::fully_connected(const std::string& name, std::int64_t out_count, Initial initial) {
  fully_connected(name, out_count, initial, name + "_linear");
}

void ModelBuilder::fully_connected(const std::string& name, std::int64_t out_count, Initial initial, const std::string& output_name) {
  const std::int64_t in_count = current_shape().at(1);
  FullyConnected layer{.name = name, .input = current_};
  layer.weight = weights(name + "_weights", {out_count, in_count}, in_count, out_count, initial);
  layer.bias = constant(name + "_bias", out_count, 0);
  layer.output = graph_.add_value(output_name);
  append(std::move(layer));
}

void ModelBuilder::append_scan(Scan scan) {
  settle_shapes(graph_, scan, [&](const Node&, ValueId id, const Shape& shape) { graph_.value(id).shape = shape; });
  current_ = output_of(scan);
  graph_.nodes.push_back(std::move(scan));
}

void ModelBuilder::global_average_pool(const std::string& name) {
  const Shape in = current_shape();
  append(AveragePool2d{.name = name, .input = current_, .output = graph_.add_value(name + "_out"), .kernel = {in[2], in[3]}});
}

Graph ModelBuilder::finish(const std::string& name, std::int64_t label_count, Initial initial) {
  fully_connected(name, label_count, initial, "logits");
  graph_.output = current_;
  verify(graph_);
  return std::move(graph_);
}

}  // namespace qmn
