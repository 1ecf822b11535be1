// SPDX-License-Identifier: Apache-2.0
// tests/import/small_files.h   A small net in each format that is imported: what hostile-byte tests damage and fuzzing starts from.
#pragma once

#include "import/graphdef_builder.h"
#include "import/tflite_builder.h"

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

namespace qmn::testing {

struct SmallFile {
  std::string target, name, bytes;
};

/// Convolution with SAME padding, bias, ReLU, pool, flatten, dense, softmax; NHWC.
inline std::string small_graphdef() {
  GraphDefBuilder g;
  g.placeholder("x", {-1, 6, 5, 2});
  g.reals("w", {3, 3, 2, 4}, {0.25f});
  g.reals("b", {4}, {1, -1, 0.5f, 0});
  auto& conv = g.node("Conv2D", "conv", {"x", "w"});
  GraphDefBuilder::set_text(conv, "padding", "SAME");
  GraphDefBuilder::set_list(conv, "strides", {1, 2, 2, 1});
  g.node("BiasAdd", "biased", {"conv", "b"});
  g.node("Relu", "relu", {"biased"});
  auto& pool = g.node("AvgPool", "pool", {"relu"});
  GraphDefBuilder::set_text(pool, "padding", "VALID");
  GraphDefBuilder::set_list(pool, "ksize", {1, 3, 1, 1});
  GraphDefBuilder::set_list(pool, "strides", {1, 1, 1, 1});
  g.integers("shape", {-1, 12});
  g.node("Reshape", "flat", {"pool", "shape"});
  g.reals("v", {12, 3}, {0.5f, -0.5f, 0.125f});
  g.node("MatMul", "dense", {"flat", "v"});
  g.node("Softmax", "out", {"dense"});
  return g.bytes();
}

/// The same, with int8 weights and a pad before the convolution.
inline std::string small_tflite() {
  TfliteBuilder b;
  const int x = b.value("x", {1, 6, 5, 2});
  const int pads = b.integers("pads", {4, 2}, {0, 0, 1, 1, 1, 1, 0, 0}), padded = b.value("padded", {1, 8, 7, 2});
  b.op(34, {x, pads}, {padded});
  std::vector<std::int8_t> weights;
  for (int i = 0; i < 4 * 3 * 3 * 2; ++i) weights.push_back(static_cast<std::int8_t>(i * 5 % 23 - 11));
  const int w = b.constant("w", {4, 3, 3, 2}, weights, kTfliteInt8, b.scales({0.1f, 0.2f, 0.3f, 0.4f}, {0, 0, 0, 0}));
  const int bias = b.reals("b", {4}, {1, -1, 0.5f, 0}), conv = b.value("conv", {1, 3, 3, 4});
  b.op(3, {padded, w, bias}, {conv}, tflite::CreateConvOptions(b.fbb, 1, 2, 2, 1));
  const int flat = b.value("flat", {1, 36}), shape = b.integers("shape", {2}, {-1, 36});
  b.op(22, {conv, shape}, {flat});
  const int v = b.reals("v", {3, 36}, std::vector<float>(108, 0.25f)), dense = b.value("dense", {1, 3}), out = b.value("out", {1, 3});
  b.op(9, {flat, v, -1}, {dense}, tflite::CreateFullyConnectedOptions(b.fbb));
  b.op(25, {dense}, {out}, tflite::CreateSoftmaxOptions(b.fbb, 1));
  return b.bytes({x}, {out});
}

/// Shape arithmetic, layout changes, a 1-D convolution and a GRU.
inline std::string small_onnx() {
  onnx::ModelProto model;
  model.set_ir_version(7);
  model.set_producer_name("another tool");
  model.add_opset_import()->set_version(13);
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name("net");
  const auto node = [&](const char* op, const std::vector<std::string>& inputs, const char* output) -> onnx::NodeProto& {
    onnx::NodeProto& out = *graph.add_node();
    out.set_op_type(op);
    out.set_name(std::string(output) + "_node");
    for (const std::string& input : inputs) out.add_input(input);
    out.add_output(output);
    return out;
  };
  const auto list = [](onnx::NodeProto& to, const char* name, const std::vector<std::int64_t>& numbers) {
    onnx::AttributeProto& attribute = *to.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t number : numbers) attribute.add_ints(number);
  };
  const auto tensor = [&](const char* name, const std::vector<std::int64_t>& shape, float number) {
    onnx::TensorProto& out = *graph.add_initializer();
    out.set_name(name);
    out.set_data_type(onnx::TensorProto::FLOAT);
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) out.add_dims(extent), count *= extent;
    for (std::int64_t i = 0; i < count; ++i) out.add_float_data(number * static_cast<float>(i % 5 - 2));
  };
  onnx::ValueInfoProto& input = *graph.add_input();
  input.set_name("x");
  input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t extent : {1, 7, 3}) input.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(extent);
  list(node("Transpose", {"x"}, "channels_first"), "perm", {0, 2, 1});
  tensor("w", {4, 3, 3}, 0.25f);
  list(node("Conv", {"channels_first", "w"}, "conv"), "pads", {1, 1});
  node("Relu", {"conv"}, "relu");
  list(node("Transpose", {"relu"}, "steps_first"), "perm", {2, 0, 1});
  tensor("gru_w", {1, 6, 4}, 0.1f);
  tensor("gru_r", {1, 6, 2}, 0.1f);
  onnx::NodeProto& gru = node("GRU", {"steps_first", "gru_w", "gru_r"}, "y");
  gru.add_output("y_h");
  onnx::AttributeProto& hidden = *gru.add_attribute();
  hidden.set_name("hidden_size");
  hidden.set_type(onnx::AttributeProto::INT);
  hidden.set_i(2);
  onnx::TensorProto& axes = *graph.add_initializer();
  axes.set_name("axes");
  axes.set_data_type(onnx::TensorProto::INT64);
  axes.add_dims(1);
  axes.add_int64_data(0);
  node("Squeeze", {"y_h", "axes"}, "last");
  tensor("v", {2, 3}, 0.5f);
  node("MatMul", {"last", "v"}, "out");
  graph.add_output()->set_name("out");
  return model.SerializeAsString();
}

inline std::vector<SmallFile> small_files() {
  return {{"graphdef", "small.pb", small_graphdef()}, {"tflite", "small.tflite", small_tflite()}, {"onnx", "small.onnx", small_onnx()}};
}

}  // namespace qmn::testing
