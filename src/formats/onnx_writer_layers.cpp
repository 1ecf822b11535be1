// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_conventions.h"
#include "formats/onnx_writer.h"

#include <array>

namespace qmn {

using namespace onnx_conventions;

template <class N>
onnx::NodeProto& OnnxWriter::write_op(const N& node, const char* op, Activation activation) {
  const std::string& name = graph_.value(node.output).name;
  const bool has_format = format_of(node.output).has_value();
  const std::string before_quantize = has_format ? fresh_value(name + "/float") : name;
  const std::string before_activation = activation == Activation::none ? before_quantize : fresh_value(name + "/linear");
  std::vector<std::string> inputs;
  for (ValueId id : activation_inputs(node)) inputs.push_back(readers_name_.at(id));
  for (ValueId id : parameters(node)) inputs.push_back(readers_name_.at(id));
  onnx::NodeProto& op_node = add_node(op, node.name, inputs, before_activation);
  write_fused(node.name, activation, before_activation, before_quantize);
  if (has_format) write_fixed_point(node.output, before_quantize, name);
  readers_name_[node.output] = name;
  return op_node;  // stays valid: protobuf keeps messages in place
}

void OnnxWriter::write_fused(const std::string& node_name, Activation activation, const std::string& from, const std::string& to) {
  if (activation == Activation::none) return;
  if (activation == Activation::relu) {
    add_node("Relu", fresh(node_names_, node_name + "/relu"), {from}, to).set_doc_string(kFusedActivation);
    return;
  }
  const std::string name = fresh(node_names_, node_name + "/relu6"), low = add_scalar(name + "/low", 0), high = add_scalar(name + "/high", 6);
  add_node("Clip", name, {from, low, high}, to).set_doc_string(kFusedActivation);
}

void OnnxWriter::write_node(const Conv2d& conv) {
  onnx::NodeProto& node = write_op(conv, "Conv", conv.activation);
  const Shape& weight = graph_.shape(conv.weight);
  set(node, "kernel_shape", std::span(weight).subspan(2));
  set(node, "strides", conv.strides);
  set(node, "dilations", conv.dilations);
  set(node, "pads", conv.pads);
  set(node, "group", conv.groups);
}

void OnnxWriter::write_node(const FullyConnected& dense) {
  set(write_op(dense, "Gemm", dense.activation), "transB", std::int64_t{1});
}

void OnnxWriter::write_node(const BatchNorm& norm) {
  onnx::NodeProto& node = write_op(norm, "BatchNormalization");
  set(node, "epsilon", norm.epsilon);
  set(node, "momentum", norm.momentum);
}

void OnnxWriter::write_node(const Relu& relu) { write_op(relu, "Relu"); }

void OnnxWriter::write_node(const AveragePool2d& pool) {
  const Shape& in = graph_.shape(pool.input);
  const bool is_global = pool.kernel[0] == in[2] && pool.kernel[1] == in[3] && pool.strides == std::array<std::int64_t, 2>{1, 1} &&
                         pool.pads == std::array<std::int64_t, 4>{0, 0, 0, 0};
  onnx::NodeProto& node = write_op(pool, is_global ? "GlobalAveragePool" : "AveragePool");
  if (is_global) return;
  set(node, "kernel_shape", pool.kernel);
  set(node, "strides", pool.strides);
  set(node, "pads", pool.pads);
  set(node, "count_include_pad", std::int64_t{0});
}

void OnnxWriter::write_node(const MaxPool2d& pool) {
  onnx::NodeProto& node = write_op(pool, "MaxPool");
  set(node, "kernel_shape", pool.kernel);
  set(node, "strides", pool.strides);
  set(node, "pads", pool.pads);
}

void OnnxWriter::write_node(const Flatten& flatten) { set(write_op(flatten, "Flatten"), "axis", std::int64_t{1}); }

void OnnxWriter::write_node(const Dropout& dropout) {
  const std::string ratio = add_scalar(dropout.name + "/ratio", dropout.ratio);
  write_op(dropout, "Dropout").add_input(ratio);
}

void OnnxWriter::write_node(const Softmax& softmax) { set(write_op(softmax, "Softmax"), "axis", std::int64_t{-1}); }
void OnnxWriter::write_node(const Add& add) { write_op(add, "Add", add.activation); }
void OnnxWriter::write_node(const Sub& sub) { write_op(sub, "Sub", sub.activation); }
void OnnxWriter::write_node(const Mul& mul) { write_op(mul, "Mul", mul.activation); }
void OnnxWriter::write_node(const Concat& concat) { set(write_op(concat, "Concat"), "axis", concat.axis); }

void OnnxWriter::write_node(const Slice& slice) {
  std::vector<std::string> bounds;
  for (const auto& [role, number] : {std::pair{"/start", slice.start}, {"/end", slice.end}, {"/axis", slice.axis}}) {
    bounds.push_back(add_numbers(slice.name + role, {number}));
  }
  onnx::NodeProto& node = write_op(slice, "Slice");
  for (const std::string& bound : bounds) node.add_input(bound);
}

void OnnxWriter::write_node(const Sigmoid& sigmoid) { write_op(sigmoid, "Sigmoid"); }
void OnnxWriter::write_node(const Tanh& tanh) { write_op(tanh, "Tanh"); }

void OnnxWriter::write_node(const Clamp& clip) {
  const std::string low = add_scalar(clip.name + "/low", clip.low), high = add_scalar(clip.name + "/high", clip.high);
  onnx::NodeProto& node = write_op(clip, "Clip");
  node.add_input(low);
  node.add_input(high);
}

}  // namespace qmn
