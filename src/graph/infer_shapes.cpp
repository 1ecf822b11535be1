// SPDX-License-Identifier: Apache-2.0
// graph/infer_shapes.cpp   Shapes of all activations, node by node.
//   windowed extent:  out = floor((in + pads - (dilation · (kernel - 1) + 1)) / stride) + 1    (ONNX, ceil_mode = 0)
#include "graph/shape_rules.h"

#include "base/error.h"

#include <span>

namespace qmn {
namespace {

/// "Conv conv_1": how messages name a node.
template <class N>
std::string title(const N& node) {
  return fmt::format("{} {}", op_type(Node{node}), node.name);
}

const Shape& activation_shape(const Graph& graph, const Node& node, ValueId input, std::size_t rank) {
  const Shape& shape = graph.shape(input);
  if (shape.size() != rank) {
    fail_data("{} {}: its input {} has shape {}, but {} dimensions are needed", op_type(node), node_name(node), graph.value(input).name,
              to_string(shape), rank);
  }
  return shape;
}

void check_vector(const Graph& graph, const std::string& node, const char* role, ValueId id, std::int64_t length) {
  if (graph.shape(id) != Shape{length}) {
    fail_data("{}: its {} {} has shape {}, but {} is needed", node, role, graph.value(id).name, to_string(graph.shape(id)), length);
  }
}

void check_attributes(const std::string& node, const char* what, std::span<const std::int64_t> numbers, std::int64_t lowest) {
  for (std::int64_t number : numbers) {
    if (number < lowest || number > kMaxElements) fail_data("{}: {} {} is not between {} and {}", node, what, number, lowest, kMaxElements);
  }
}

struct Axis {
  const char* name;
  std::int64_t in, kernel, stride, dilation, pad_before, pad_after;
};

std::int64_t windowed_extent(const std::string& node, const Axis& axis) {
  const std::int64_t padded = axis.in + axis.pad_before + axis.pad_after;
  const std::int64_t span = axis.dilation * (axis.kernel - 1) + 1;
  if (span > padded) fail_data("{}: its kernel spans {} in {}, but the padded input has only {}", node, span, axis.name, padded);
  return (padded - span) / axis.stride + 1;
}

Shape shape_of(const Graph& graph, const Conv2d& conv) {
  const std::string node = title(conv);
  const Shape& in = activation_shape(graph, conv, conv.input, 4);
  const Shape& weight = graph.shape(conv.weight);
  if (weight.size() != 4)
    fail_data("{}: its weight {} has shape {}, but out x in/groups x kh x kw is needed", node, graph.value(conv.weight).name,
              to_string(weight));
  check_attributes(node, "stride", conv.strides, 1);
  check_attributes(node, "dilation", conv.dilations, 1);
  check_attributes(node, "padding", conv.pads, 0);
  if (conv.groups < 1 || in[1] % conv.groups != 0 || weight[0] % conv.groups != 0) {
    fail_data("{}: {} groups do not divide its {} input and {} output channels", node, conv.groups, in[1], weight[0]);
  }
  if (weight[1] != in[1] / conv.groups) {
    fail_data("{}: its weight {} of shape {} reads {} channels a group, but the input {} of shape {} in {} groups has {}", node,
              graph.value(conv.weight).name, to_string(weight), weight[1], graph.value(conv.input).name, to_string(in), conv.groups,
              in[1] / conv.groups);
  }
  if (conv.bias != kNoValue) check_vector(graph, node, "bias", conv.bias, weight[0]);
  return {in[0], weight[0],
          windowed_extent(node, {"height", in[2], weight[2], conv.strides[0], conv.dilations[0], conv.pads[0], conv.pads[2]}),
          windowed_extent(node, {"width", in[3], weight[3], conv.strides[1], conv.dilations[1], conv.pads[1], conv.pads[3]})};
}

Shape shape_of(const Graph& graph, const FullyConnected& dense) {
  const std::string node = title(dense);
  const Shape& in = activation_shape(graph, dense, dense.input, 2);
  const Shape& weight = graph.shape(dense.weight);
  if (weight.size() != 2 || weight[1] != in[1]) {
    fail_data("{}: its weight {} has shape {}, but out x {} is needed for its input {} of shape {}", node, graph.value(dense.weight).name,
              to_string(weight), in[1], graph.value(dense.input).name, to_string(in));
  }
  if (dense.bias != kNoValue) check_vector(graph, node, "bias", dense.bias, weight[0]);
  return {in[0], weight[0]};
}

Shape shape_of(const Graph& graph, const BatchNorm& norm) {
  const std::string node = title(norm);
  const Shape& in = graph.shape(norm.input);
  if (in.size() < 2)
    fail_data("{}: its input {} has shape {}, but a channel dimension is needed", node, graph.value(norm.input).name, to_string(in));
  check_vector(graph, node, "scale", norm.scale, in[1]);
  check_vector(graph, node, "offset", norm.offset, in[1]);
  check_vector(graph, node, "mean", norm.mean, in[1]);
  check_vector(graph, node, "variance", norm.variance, in[1]);
  if (!(norm.epsilon >= 0 && norm.epsilon <= 1)) fail_data("{}: epsilon {} is not between 0 and 1", node, norm.epsilon);
  if (!(norm.momentum >= 0 && norm.momentum <= 1)) fail_data("{}: momentum {} is not between 0 and 1", node, norm.momentum);
  return in;
}

Shape shape_of(const Graph& graph, const AveragePool2d& pool) {
  const std::string node = title(pool);
  const Shape& in = activation_shape(graph, pool, pool.input, 4);
  check_attributes(node, "kernel", pool.kernel, 1);
  check_attributes(node, "stride", pool.strides, 1);
  check_attributes(node, "padding", pool.pads, 0);
  for (std::size_t i = 0; i < 4; ++i) {
    if (pool.pads[i] >= pool.kernel[i % 2]) {  // else a window could lie wholly in the padding: a mean of nothing
      fail_data("{}: padding {} is not smaller than its kernel of {}", node, pool.pads[i], pool.kernel[i % 2]);
    }
  }
  return {in[0], in[1], windowed_extent(node, {"height", in[2], pool.kernel[0], pool.strides[0], 1, pool.pads[0], pool.pads[2]}),
          windowed_extent(node, {"width", in[3], pool.kernel[1], pool.strides[1], 1, pool.pads[1], pool.pads[3]})};
}

Shape shape_of(const Graph& graph, const Flatten& flatten) {
  const Shape& in = graph.shape(flatten.input);
  return {in.at(0), element_count(in) / in.at(0)};
}

Shape shape_of(const Graph& graph, const Dropout& dropout) {
  if (!(dropout.ratio >= 0 && dropout.ratio < 1)) fail_data("{}: ratio {} is not in [0, 1)", title(dropout), dropout.ratio);
  return graph.shape(dropout.input);
}

Shape shape_of(const Graph& graph, const Relu& relu) { return graph.shape(relu.input); }

Shape shape_of(const Graph& graph, const Softmax& softmax) {
  const Shape& in = graph.shape(softmax.input);
  if (in.size() < 2)
    fail_data("{}: its input {} has shape {}, but a batch and a class dimension are needed", title(softmax),
              graph.value(softmax.input).name, to_string(in));
  return in;
}

}  // namespace

void check_shape(const Shape& shape, const std::string& what) {
  constexpr std::size_t kMaxRank = 6;
  if (shape.empty() || shape.size() > kMaxRank) fail_data("{} has {} dimensions, but 1 to {} are supported", what, shape.size(), kMaxRank);
  std::int64_t count = 1;
  for (std::int64_t extent : shape) {
    if (extent < 1) fail_data("{} has shape {}: an extent of {} holds nothing", what, to_string(shape), extent);
    if (extent > kMaxElements / count) fail_data("{} has shape {}: more than {} elements", what, to_string(shape), kMaxElements);
    count *= extent;
  }
}

Shape output_shape(const Graph& graph, const Node& node) {
  Shape shape = std::visit([&](const auto& n) { return shape_of(graph, n); }, node);
  check_shape(shape, fmt::format("{} {}: its output {}", op_type(node), node_name(node), graph.value(output_of(node)).name));
  return shape;
}

void infer_shapes(Graph& graph) {
  check_structure(graph);
  check_shape(graph.shape(graph.input), fmt::format("the input {}", graph.value(graph.input).name));
  for (const auto& [id, tensor] : graph.initializers) check_shape(graph.shape(id), fmt::format("the tensor {}", graph.value(id).name));
  for (const Node& node : graph.nodes) graph.value(output_of(node)).shape = output_shape(graph, node);
}

}  // namespace qmn
