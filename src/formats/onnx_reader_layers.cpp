// SPDX-License-Identifier: Apache-2.0
// formats/onnx_reader_layers.cpp   The operators that become nodes of the float IR, and those that vanish into them.
#include "formats/onnx_reader.h"

#include "base/error.h"
#include "formats/onnx_conventions.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace qmn {
using namespace onnx_conventions;

std::array<std::int64_t, 4> OnnxReader::read_pads(OnnxAttributes& attributes, const Shape& in, const Window& window) const {
  std::array<std::int64_t, 4> pads = attributes.integers<4>("pads", {0, 0, 0, 0});
  const std::string mode = attributes.text("auto_pad", "NOTSET");
  if (mode == "NOTSET" || mode.empty()) return pads;
  if (mode == "VALID") return {0, 0, 0, 0};
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER") fail_data("{}: its auto_pad is none of NOTSET, VALID, SAME_UPPER, SAME_LOWER", title_);
  if (in.size() != 4) fail_data("{}: its input has shape {}, but 4 dimensions are needed", title_, to_string(in));
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t stride = window.strides[axis];
    if (stride < 1) fail_data("{}: stride {} is not positive", title_, stride);
    const std::int64_t out = (in[2 + axis] + stride - 1) / stride;
    const std::int64_t span = window.dilations[axis] * (window.kernel[axis] - 1) + 1;
    const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * stride + span - in[2 + axis]);
    const std::int64_t smaller = total / 2, larger = total - smaller;
    pads[axis] = mode == "SAME_UPPER" ? smaller : larger;
    pads[2 + axis] = mode == "SAME_UPPER" ? larger : smaller;
  }
  return pads;
}

void OnnxReader::read_conv(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  Conv2d conv;
  conv.input = activation(node, 0);
  conv.weight = parameter(node, 1);
  if (has_input(node, 2)) conv.bias = parameter(node, 2);
  const Shape& weight = graph().shape(conv.weight);
  if (weight.size() != 4)
    fail_data("{}: its weight {} has shape {}, but 4 dimensions are needed (2-D convolution)", title_, graph().value(conv.weight).name,
              to_string(weight));
  Window window{{weight[2], weight[3]}, {}, {}};
  if (attributes.integers<2>("kernel_shape", window.kernel) != window.kernel)
    fail_data("{}: its kernel_shape is not that of its weight {}", title_, to_string(weight));
  conv.strides = window.strides = attributes.integers<2>("strides", {1, 1});
  conv.dilations = window.dilations = attributes.integers<2>("dilations", {1, 1});
  conv.groups = attributes.integer("group", 1);
  conv.pads = read_pads(attributes, graph().shape(conv.input), window);
  attributes.expect_no_other();
  append(node, std::move(conv));
}

void OnnxReader::read_gemm(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  attributes.require_real("alpha", 1, 1);
  attributes.require_real("beta", 1, 1);
  attributes.require("transA", 0, 0);
  const bool is_transposed = attributes.integer("transB", 0) != 0;
  attributes.expect_no_other();
  FullyConnected dense;
  dense.input = activation(node, 0);
  dense.weight = parameter(node, 1, is_transposed ? Layout::plain : Layout::transposed);
  if (has_input(node, 2)) dense.bias = bias_parameter(node, 2);
  append(node, std::move(dense));
}

ValueId OnnxReader::bias_parameter(const onnx::NodeProto& node, int index) {
  const bool is_vector = constant(node, index)->tensor->shape.size() == 1;
  return parameter(node, index, is_vector ? Layout::plain : Layout::vector);
}

void OnnxReader::read_mat_mul(const onnx::NodeProto& node) {
  OnnxAttributes(node, title_).expect_no_other();
  FullyConnected dense;
  dense.input = activation(node, 0);
  dense.weight = parameter(node, 1, Layout::transposed);
  append(node, std::move(dense));
}

void OnnxReader::read_batch_norm(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  BatchNorm norm;
  norm.epsilon = attributes.real("epsilon", 1e-5f);
  norm.momentum = attributes.real("momentum", 0.9f);
  attributes.require("training_mode", 0, 0);
  attributes.require("spatial", 1, 1);
  attributes.expect_no_other();
  norm.input = activation(node, 0);
  norm.scale = parameter(node, 1);
  norm.offset = parameter(node, 2);
  norm.mean = parameter(node, 3);
  norm.variance = parameter(node, 4);
  append(node, std::move(norm));
}

template <class Pool>
void OnnxReader::read_pool_window(OnnxAttributes& attributes, Pool& pool) {
  if (!attributes.has("kernel_shape")) fail_data("{}: its attribute kernel_shape is missing", title_);
  const Window window{attributes.integers<2>("kernel_shape", {1, 1}), attributes.integers<2>("strides", {1, 1}), {1, 1}};
  pool.kernel = window.kernel;
  pool.strides = window.strides;
  pool.pads = read_pads(attributes, graph().shape(pool.input), window);
}

void OnnxReader::read_average_pool(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  AveragePool2d pool;
  pool.input = activation(node, 0);
  read_pool_window(attributes, pool);
  attributes.require("ceil_mode", 0, 0);
  const bool counts_padding = attributes.integer("count_include_pad", 0) != 0;
  if (counts_padding && pool.pads != std::array<std::int64_t, 4>{0, 0, 0, 0})
    fail_data("{}: count_include_pad = 1 with padding is not supported", title_);
  attributes.expect_no_other();
  append(node, std::move(pool));
}

void OnnxReader::read_max_pool(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  MaxPool2d pool;
  pool.input = activation(node, 0);
  read_pool_window(attributes, pool);
  if (attributes.integers<2>("dilations", {1, 1}) != std::array<std::int64_t, 2>{1, 1}) fail_data("{}: dilations are not supported", title_);
  attributes.require("ceil_mode", 0, 0);
  attributes.ignore("storage_order");  // of the second output only
  attributes.expect_no_other();
  if (node.output_size() > 1 && !node.output(1).empty()) fail_data("{}: its output {} (indices) is not supported", title_, node.output(1));
  append(node, std::move(pool));
}

void OnnxReader::read_global_average_pool(const onnx::NodeProto& node) {
  OnnxAttributes(node, title_).expect_no_other();
  AveragePool2d pool;
  pool.input = activation(node, 0);
  const Shape& in = graph().shape(pool.input);
  if (in.size() != 4) fail_data("{}: its input has shape {}, but 4 dimensions are needed", title_, to_string(in));
  pool.kernel = {in[2], in[3]};
  append(node, std::move(pool));
}

void OnnxReader::read_flatten(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  Flatten flatten;
  flatten.input = activation(node, 0);
  const std::int64_t axis = attributes.integer("axis", 1);
  attributes.expect_no_other();
  const auto rank = static_cast<std::int64_t>(graph().shape(flatten.input).size());
  if (axis != 1 && axis != 1 - rank) fail_data("{}: axis = {} is not supported, 1 is", title_, axis);
  append(node, std::move(flatten));
}

void OnnxReader::read_reshape(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  attributes.require("allowzero", 0, 0);
  attributes.expect_no_other();
  Flatten flatten;
  flatten.input = activation(node, 0);
  const ConstantPtr target = constant(node, 1);
  const std::vector<std::int64_t>& extents = target->tensor->integers;
  const Shape& in = graph().shape(flatten.input);
  const std::int64_t count = element_count(in);
  const bool is_flatten =
      target->tensor->type == onnx::TensorProto::INT64 && extents.size() == 2 &&
      ((extents[0] == -1 && extents[1] == count) || ((extents[0] == 0 || extents[0] == 1) && (extents[1] == -1 || extents[1] == count)));
  if (!is_flatten)
    fail_data("{}: a Reshape of {} to {} is not supported, only one to batch x {}", title_, to_string(in), fmt::join(extents, "x"), count);
  append(node, std::move(flatten));
}

void OnnxReader::read_dropout(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  Dropout dropout;
  dropout.input = activation(node, 0);
  dropout.ratio = attributes.real("ratio", 0.5f);
  attributes.ignore("seed");
  attributes.expect_no_other();
  if (has_input(node, 1)) {
    const ConstantPtr ratio = constant(node, 1);
    if (!ratio->tensor->is_float() || ratio->tensor->size() != 1) fail_data("{}: its ratio {} is no single float", title_, ratio->name);
    dropout.ratio = ratio->tensor->reals[0];
  }
  if (has_input(node, 2)) {
    const ConstantPtr mode = constant(node, 2);
    if (mode->tensor->is_float() || mode->tensor->size() != 1 || mode->tensor->integers[0] != 0) {
      fail_data("{}: training_mode is not false: export the model for inference", title_);
    }
  }
  append(node, std::move(dropout));
}

void OnnxReader::read_softmax(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  Softmax softmax;
  softmax.input = activation(node, 0);
  const auto rank = static_cast<std::int64_t>(graph().shape(softmax.input).size());
  const bool flattens = opset_ < 13;  // then it takes all dimensions from `axis` on as one
  const std::int64_t axis = attributes.integer("axis", flattens ? 1 : -1);
  attributes.expect_no_other();
  if ((axis != -1 && axis != rank - 1)) fail_data("{}: axis = {} is not supported, the last one is", title_, axis);
  append(node, std::move(softmax));
}

void OnnxReader::read_identity(const onnx::NodeProto& node) {
  if (node.output_size() != 1) fail_data("{}: it has {} outputs", title_, node.output_size());
  input_name(node, 0);
  entry(node.input(0));  // its readers look the name up through aliases_
}

void OnnxReader::read_constant(const onnx::NodeProto& node) {
  const bool is_tensor = node.attribute_size() == 1 && node.attribute(0).name() == "value" && node.attribute(0).has_t();
  if (!is_tensor) fail_data("{}: only a Constant with a tensor `value` is supported", title_);
  define_constant(node.output(0), node.attribute(0).t());
}

}  // namespace qmn
