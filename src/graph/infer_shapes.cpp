// SPDX-License-Identifier: Apache-2.0
// graph/infer_shapes.cpp   Shapes of all activations, node by node.
//   windowed extent:  out = floor((in + pads - (dilation · (kernel - 1) + 1)) / stride) + 1    (ONNX, ceil_mode = 0)
#include "graph/shape_rules.h"

#include "base/check.h"
#include "base/error.h"

#include <cmath>
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

template <class Pool>
Shape pooled_shape(const Graph& graph, const Pool& pool) {
  const std::string node = title(pool);
  const Shape& in = activation_shape(graph, pool, pool.input, 4);
  check_attributes(node, "kernel", pool.kernel, 1);
  check_attributes(node, "stride", pool.strides, 1);
  check_attributes(node, "padding", pool.pads, 0);
  for (std::size_t i = 0; i < 4; ++i) {
    if (pool.pads[i] >= pool.kernel[i % 2]) {  // else a window could lie wholly in the padding: a mean or maximum of nothing
      fail_data("{}: padding {} is not smaller than its kernel of {}", node, pool.pads[i], pool.kernel[i % 2]);
    }
  }
  return {in[0], in[1], windowed_extent(node, {"height", in[2], pool.kernel[0], pool.strides[0], 1, pool.pads[0], pool.pads[2]}),
          windowed_extent(node, {"width", in[3], pool.kernel[1], pool.strides[1], 1, pool.pads[1], pool.pads[3]})};
}

Shape shape_of(const Graph& graph, const AveragePool2d& pool) { return pooled_shape(graph, pool); }
Shape shape_of(const Graph& graph, const MaxPool2d& pool) { return pooled_shape(graph, pool); }

Shape shape_of(const Graph& graph, const Flatten& flatten) {
  const Shape& in = graph.shape(flatten.input);
  return {in.at(0), element_count(in) / in.at(0)};
}

Shape shape_of(const Graph& graph, const Dropout& dropout) {
  if (!(dropout.ratio >= 0 && dropout.ratio < 1)) fail_data("{}: ratio {} is not in [0, 1)", title(dropout), dropout.ratio);
  return graph.shape(dropout.input);
}

Shape shape_of(const Graph& graph, const Relu& relu) { return graph.shape(relu.input); }

Shape shape_of(const Graph& graph, const Sigmoid& sigmoid) { return graph.shape(sigmoid.input); }
Shape shape_of(const Graph& graph, const Tanh& tanh) { return graph.shape(tanh.input); }

Shape shape_of(const Graph& graph, const Clamp& clip) {
  if (!std::isfinite(clip.low) || !std::isfinite(clip.high) || clip.low > clip.high) {
    fail_data("{}: {} to {} is no range to clip to", title(clip), clip.low, clip.high);
  }
  return graph.shape(clip.input);
}

/// One number, or one for each channel (dimension 1), as trailing dimensions broadcast.
bool broadcasts(const Shape& constant, const Shape& in) {
  if (element_count(constant) == 1) return constant.size() <= in.size();
  if (in.size() < 2 || constant.size() > in.size() || constant.size() + 1 < in.size()) return false;
  const std::size_t skipped = in.size() - constant.size();
  for (std::size_t i = 0; i < constant.size(); ++i) {
    if (constant[i] != (i + skipped == 1 ? in[1] : 1)) return false;
  }
  return true;
}

template <class N>
Shape elementwise_shape(const Graph& graph, const N& node) {
  const Shape& left = graph.shape(node.left);
  if (node.constant == kNoValue && graph.shape(node.right) != left) {
    fail_data("{}: its operands {} and {} have the shapes {} and {}, but equal ones are needed", title(node), graph.value(node.left).name,
              graph.value(node.right).name, to_string(left), to_string(graph.shape(node.right)));
  }
  if (node.constant != kNoValue && !broadcasts(graph.shape(node.constant), left)) {
    fail_data("{}: its constant {} has shape {}, but one number, or one a channel of {} of shape {}, is needed", title(node),
              graph.value(node.constant).name, to_string(graph.shape(node.constant)), graph.value(node.left).name, to_string(left));
  }
  return left;
}

Shape shape_of(const Graph& graph, const Add& add) { return elementwise_shape(graph, add); }
Shape shape_of(const Graph& graph, const Sub& sub) { return elementwise_shape(graph, sub); }
Shape shape_of(const Graph& graph, const Mul& mul) { return elementwise_shape(graph, mul); }

/// `axis` as an index into a shape with `rank` dimensions; the batch is none.
std::size_t checked_axis(const std::string& node, std::int64_t axis, std::size_t rank) {
  if (axis < 1 || axis >= static_cast<std::int64_t>(rank)) {
    fail_data("{}: axis {} is not between 1 and {} (dimension 0 is the batch)", node, axis, static_cast<std::int64_t>(rank) - 1);
  }
  return static_cast<std::size_t>(axis);
}

Shape shape_of(const Graph& graph, const Concat& concat) {
  const std::string node = title(concat);
  Shape out = graph.shape(concat.inputs.at(0));
  const std::size_t axis = checked_axis(node, concat.axis, out.size());
  for (std::size_t i = 1; i < concat.inputs.size(); ++i) {
    const Shape& part = graph.shape(concat.inputs[i]);
    Shape others = part;
    if (part.size() == out.size()) others[axis] = out[axis];
    if (others != out) {
      fail_data("{}: its inputs {} and {} have the shapes {} and {}, which differ in more than dimension {}", node,
                graph.value(concat.inputs[0]).name, graph.value(concat.inputs[i]).name, to_string(graph.shape(concat.inputs[0])),
                to_string(part), axis);
    }
    out[axis] += part[axis];
    check_shape(out, node);
  }
  return out;
}

Shape shape_of(const Graph& graph, const Slice& slice) {
  Shape out = graph.shape(slice.input);
  const std::size_t axis = checked_axis(title(slice), slice.axis, out.size());
  if (slice.start < 0 || slice.end <= slice.start || slice.end > out[axis]) {
    fail_data("{}: elements {} to {} (excluded) of dimension {} are asked for, but its input {} has shape {}", title(slice), slice.start,
              slice.end, axis, graph.value(slice.input).name, to_string(out));
  }
  out[axis] = slice.end - slice.start;
  return out;
}

Shape shape_of(const Graph&, const Scan& scan) { QMN_CHECK(false, scan.name.c_str()); }

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

std::int64_t settle_body_inputs(const Graph& graph, const Scan& scan, const SettleShape& settle) {
  const std::string name = title(scan);
  std::int64_t steps = 0;
  for (const Scan::Input& input : scan.inputs) {
    Shape shape = graph.shape(input.outer);
    const std::size_t axis = checked_axis(name, input.axis, shape.size());
    if (steps != 0 && shape[axis] != steps) {
      fail_data("{}: its inputs {} and {} have {} and {} steps", name, graph.value(scan.inputs[0].outer).name, graph.value(input.outer).name,
                steps, shape[axis]);
    }
    steps = shape[axis];
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
    settle(scan, input.body_in, shape);
  }
  for (const Scan::State& state : scan.states) {
    const Shape& shape = graph.shape(state.initial);
    if (shape.size() < 2 || shape[0] != 1) {
      fail_data("{}: its initial state {} has shape {}, but 1 (for the batch) x … is needed", name, graph.value(state.initial).name,
                to_string(shape));
    }
    settle(scan, state.body_in, shape);
  }
  return steps;
}

void settle_shapes(const Graph& graph, const Node& node, const SettleShape& settle) {
  const auto* scan = std::get_if<Scan>(&node);
  if (scan == nullptr) return settle(node, output_of(node), output_shape(graph, node));
  const std::string name = title(*scan);
  const std::int64_t steps = settle_body_inputs(graph, *scan, settle);
  for (const Node& inner : scan->body) settle_shapes(graph, inner, settle);
  for (const Scan::State& state : scan->states) {
    const Shape& shape = graph.shape(state.body_in);
    if (graph.shape(state.body_out) != shape) {
      fail_data("{}: its state {} of shape {} becomes {} of shape {}", name, graph.value(state.body_in).name, to_string(shape),
                graph.value(state.body_out).name, to_string(graph.shape(state.body_out)));
    }
    if (state.final_out != kNoValue) settle(node, state.final_out, shape);
  }
  for (const Scan::Output& output : scan->outputs) {
    Shape shape = graph.shape(output.body_out);
    const std::size_t axis = checked_axis(name, output.axis, shape.size() + 1);
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), steps);
    check_shape(shape, fmt::format("{}: its output {}", name, graph.value(output.outer).name));
    settle(node, output.outer, shape);
  }
}

void infer_shapes(Graph& graph) {
  check_structure(graph);
  check_shape(graph.shape(graph.input), fmt::format("the input {}", graph.value(graph.input).name));
  for (const auto& [id, tensor] : graph.initializers) check_shape(graph.shape(id), fmt::format("the tensor {}", graph.value(id).name));
  const auto store = [&](const Node&, ValueId id, const Shape& shape) { graph.value(id).shape = shape; };
  for (const Node& node : graph.nodes) settle_shapes(graph, node, store);
}

}  // namespace qmn
