// SPDX-License-Identifier: Apache-2.0
// formats/onnx_reader_elementwise.cpp   Operators that work element by element, and those that cut and join tensors.
#include "formats/onnx_reader.h"

#include "base/error.h"
#include "formats/onnx_conventions.h"

#include <algorithm>
#include <limits>

namespace qmn {
namespace {

using namespace onnx_conventions;

/// True when a tensor of shape `constant` broadcasts to one number for each channel (dimension 1) of `activation`.
bool is_channel_vector(const Shape& constant, const Shape& activation) {
  if (constant.empty() || constant.size() > activation.size()) return false;
  const std::size_t skipped = activation.size() - constant.size();  // broadcasting aligns the last dimensions
  for (std::size_t i = 0; i < constant.size(); ++i) {
    if (constant[i] != (i + skipped == 1 ? activation[1] : 1)) return false;
  }
  return skipped <= 1;
}

bool give_activation(Node& layer, Activation activation) {
  return std::visit(
      [&](auto& n) {
        if constexpr (requires { n.activation; }) {
          if (n.activation != Activation::none) return false;
          n.activation = activation;
          return true;
        }
        return false;
      },
      layer);
}

}  // namespace

bool OnnxReader::is_bias_of_layer(const onnx::NodeProto& node, int constant_index) {
  const ValueId input = activation(node, 1 - constant_index);
  Node* producer = sole_producer(node, 1 - constant_index, input);
  return producer != nullptr && is_channel_vector(constant(node, constant_index)->tensor->shape, graph().shape(input)) &&
         std::visit([&](auto& layer) { return give_bias(layer, node, constant_index); }, *producer);
}

template <class N>
bool OnnxReader::give_bias(N& layer, const onnx::NodeProto& node, int constant_index) {
  if constexpr (requires { layer.bias; }) {
    if (layer.bias != kNoValue || layer.activation != Activation::none) return false;
    layer.bias = bias_parameter(node, constant_index);
    return true;
  }
  return false;
}

template <class N>
N OnnxReader::operands(const onnx::NodeProto& node) {
  OnnxAttributes(node, title_).expect_no_other();
  input_name(node, 0), input_name(node, 1);
  const bool is_constant_first = entry(node.input(0)).constant != nullptr;
  N n;
  n.left = activation(node, is_constant_first ? 1 : 0);
  const int right = is_constant_first ? 0 : 1;
  if (entry(node.input(right)).constant) {
    n.constant = parameter(node, right, constant(node, right)->tensor->shape.empty() ? Layout::vector : Layout::plain);
  } else {
    n.right = activation(node, right);
  }
  return n;
}

void OnnxReader::read_add(const onnx::NodeProto& node) {
  if (entry(input_name(node, 0)).constant && entry(input_name(node, 1)).constant) return read_correction(node);
  for (int index : {0, 1}) {
    if (entry(input_name(node, index)).constant && has_input(node, 1 - index) && is_bias_of_layer(node, index)) {
      return rename(activation(node, 1 - index), node.output(0));
    }
  }
  append(node, operands<Add>(node));
}

void OnnxReader::read_sub(const onnx::NodeProto& node) {
  if (entry(input_name(node, 0)).constant) fail_data("{}: a constant less an activation is not supported", title_);
  append(node, operands<Sub>(node));
}

void OnnxReader::read_mul(const onnx::NodeProto& node) { append(node, operands<Mul>(node)); }

std::int64_t OnnxReader::read_axis(std::int64_t axis, ValueId of) const {
  return axis < 0 ? axis + static_cast<std::int64_t>(model_.graph.shape(of).size()) : axis;
}

void OnnxReader::read_concat(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  Concat concat;
  for (int i = 0; i < node.input_size(); ++i) concat.inputs.push_back(activation(node, i));
  if (concat.inputs.empty()) fail_data("{}: its input 0 is missing", title_);
  concat.axis = read_axis(attributes.integer("axis", 0), concat.inputs[0]);
  attributes.expect_no_other();
  append(node, std::move(concat));
}

std::vector<std::int64_t> OnnxReader::read_numbers(const onnx::NodeProto& node, int index) const {
  const OnnxTensor& tensor = *constant(node, index)->tensor;
  if (tensor.is_float() || tensor.shape.size() > 1) fail_data("{}: its input {} is no list of integers", title_, node.input(index));
  return tensor.integers;
}

void OnnxReader::read_slice(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  Slice slice;
  slice.input = activation(node, 0);
  std::vector<std::int64_t> starts, ends, axes, steps{1};
  if (opset_ < 10) {
    starts = attributes.list("starts"), ends = attributes.list("ends"), axes = attributes.list("axes");
  } else {
    starts = read_numbers(node, 1), ends = read_numbers(node, 2);
    if (has_input(node, 3)) axes = read_numbers(node, 3);
    if (has_input(node, 4)) steps = read_numbers(node, 4);
  }
  attributes.expect_no_other();
  if (axes.empty() && starts.size() == 1) axes = {0};
  if (starts.size() != 1 || ends.size() != 1 || axes.size() != 1 || steps != std::vector<std::int64_t>{1}) {
    fail_data("{}: a slice of one axis with step 1 is supported, nothing else", title_);
  }
  slice.axis = read_axis(axes[0], slice.input);
  const Shape& in = graph().shape(slice.input);
  if (slice.axis < 0 || slice.axis >= static_cast<std::int64_t>(in.size())) fail_data("{}: axis {} of {}", title_, axes[0], to_string(in));
  const std::int64_t extent = in[static_cast<std::size_t>(slice.axis)];
  const auto bound = [&](std::int64_t number) { return std::clamp(number < 0 ? number + extent : number, std::int64_t{0}, extent); };
  slice.start = bound(starts[0]);
  slice.end = bound(ends[0]);
  append(node, std::move(slice));
}

void OnnxReader::read_split(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  const ValueId input = activation(node, 0);
  const std::int64_t axis = read_axis(attributes.integer("axis", 0), input);
  std::vector<std::int64_t> sizes;
  if (opset_ < 13) sizes = attributes.list("split");
  else if (has_input(node, 1)) sizes = read_numbers(node, 1);
  attributes.expect_no_other();
  const Shape& in = graph().shape(input);
  if (axis < 1 || axis >= static_cast<std::int64_t>(in.size())) fail_data("{}: axis {} of {} is not supported", title_, axis, to_string(in));
  const std::int64_t extent = in[static_cast<std::size_t>(axis)], parts = node.output_size();
  if (sizes.empty() && extent % parts == 0) sizes.assign(static_cast<std::size_t>(parts), extent / parts);
  std::int64_t total = 0;
  for (std::int64_t size : sizes) total += size < 1 || size > extent ? extent + 1 : size;
  if (static_cast<std::int64_t>(sizes.size()) != parts || total != extent) {
    fail_data("{}: its parts do not make up the {} elements of dimension {}", title_, extent, axis);
  }
  std::int64_t start = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t end = start + sizes[i];
    const std::string name = fmt::format("{}_{}", node_name_, i);
    append_as(fresh_node_name(name), node.output(static_cast<int>(i)), Slice{.name = {}, .input = input, .axis = axis, .start = start, .end = end});
    start = end;
  }
}

template <class N>
void OnnxReader::read_unary(const onnx::NodeProto& node) {
  OnnxAttributes(node, title_).expect_no_other();
  N n;
  n.input = activation(node, 0);
  append(node, std::move(n));
}

void OnnxReader::read_sigmoid(const onnx::NodeProto& node) { read_unary<Sigmoid>(node); }
void OnnxReader::read_tanh(const onnx::NodeProto& node) { read_unary<Tanh>(node); }

void OnnxReader::read_relu(const onnx::NodeProto& node) {
  const ValueId input = activation(node, 0);
  if (node.doc_string() == kFusedActivation) {
    Node* producer = sole_producer(node, 0, input);
    if (producer != nullptr && give_activation(*producer, Activation::relu)) return rename(input, node.output(0));
  }
  read_unary<Relu>(node);
}

void OnnxReader::read_clip(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  constexpr float kFarthest = std::numeric_limits<float>::max();
  Clamp clip{.name = {}, .input = activation(node, 0), .low = -kFarthest, .high = kFarthest};
  if (opset_ < 11) {
    clip.low = attributes.real("min", clip.low);
    clip.high = attributes.real("max", clip.high);
  }
  attributes.expect_no_other();
  for (int index : {1, 2}) {
    if (opset_ < 11 || !has_input(node, index)) continue;
    const ConstantPtr bound = constant(node, index);
    if (!bound->tensor->is_float() || bound->tensor->size() != 1) fail_data("{}: its bound {} is no single float", title_, bound->name);
    (index == 1 ? clip.low : clip.high) = bound->tensor->reals[0];
  }
  if (node.doc_string() == kFusedActivation && clip.low == 0 && clip.high == 6) {
    Node* producer = sole_producer(node, 0, clip.input);
    if (producer != nullptr && give_activation(*producer, Activation::relu6)) return rename(clip.input, node.output(0));
  }
  append(node, std::move(clip));
}

}  // namespace qmn
