// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_format.h"
#include "formats/random_model.h"
#include "graph/nets.h"
#include "support/expect_error.h"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>

namespace qmn {
namespace {

using testing::expect_error;
using testing::Formats;
using testing::random_model;

onnx::ModelProto as_proto(const Model& model) {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(serialize_onnx(model)));
  return proto;
}

std::string operators(const onnx::ModelProto& proto) {
  std::string out;
  for (const onnx::NodeProto& node : proto.graph().node()) out += fmt::format("{}{}", out.empty() ? "" : " ", node.op_type());
  return out;
}

TEST(OnnxWriter, OnnxCheckerAcceptsWhatItWrites) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (Formats which : {Formats::none, Formats::some, Formats::all}) {
      EXPECT_NO_THROW(onnx::checker::check_model(as_proto(random_model(seed, which)))) << seed;
    }
  }
}

TEST(OnnxWriter, WritesOpset13WithAFreeBatch) {
  const onnx::ModelProto proto = as_proto(Model{testing::every_operator(), {}, {}});
  EXPECT_LE(proto.ir_version(), 8);
  ASSERT_EQ(proto.opset_import_size(), 1);
  EXPECT_EQ(proto.opset_import(0).version(), 13);
  EXPECT_EQ(proto.graph().input(0).name(), "features");
  EXPECT_EQ(proto.graph().input(0).type().tensor_type().shape().dim(0).dim_param(), "N");
  EXPECT_EQ(proto.graph().input(0).type().tensor_type().shape().dim(1).dim_value(), 2);
  EXPECT_EQ(proto.graph().output(0).name(), "scores");
  EXPECT_EQ(operators(proto), "Conv BatchNormalization Relu GlobalAveragePool Flatten Dropout Gemm Softmax");
}

/// features → fc with ReLU; fixed point: input Q5.2, weights Q0.7, bias 8 fractional bits, output Q5.2
Model worked_example(int bias_bits) {
  Model model;
  Graph& g = model.graph;
  g.input = g.add_value("features", {1, 2});
  FullyConnected dense{.name = "fc", .input = g.input};
  dense.weight = g.add_initializer("fc_weights", {{1, 2}, {0.5f, -0.999f}});
  dense.bias = g.add_initializer("fc_bias", {{1}, {0.4f}});
  dense.output = g.output = g.add_value("logits");
  dense.activation = Activation::relu;
  g.nodes = {dense};
  infer_shapes(g);
  model.quantization =
      Quantization{{{g.input, {8, 2}}, {dense.weight, {8, 7}}, {dense.bias, {bias_bits, bias_bits == 8 ? 8 : 9}}, {dense.output, {8, 2}}}};
  return model;
}

TEST(OnnxWriter, PutsQuantizePairsBehindTheActivationAndInFrontOfParameters) {
  const onnx::ModelProto proto = as_proto(worked_example(8));
  EXPECT_EQ(operators(proto),
            "QuantizeLinear DequantizeLinear QuantizeLinear DequantizeLinear QuantizeLinear DequantizeLinear Gemm Relu QuantizeLinear "
            "DequantizeLinear");
  EXPECT_EQ(proto.graph().node(9).output(0), "logits");
  std::map<std::string, float> scales;
  for (const onnx::TensorProto& tensor : proto.graph().initializer()) {
    if (tensor.name().ends_with("/scale")) std::memcpy(&scales[tensor.name()], tensor.raw_data().data(), sizeof(float));
  }
  EXPECT_EQ(scales["features/scale"], 0.25f);
  EXPECT_EQ(scales["fc_weights/scale"], 1.0f / 128);
  EXPECT_EQ(scales["fc_bias/scale"], 1.0f / 256);
  EXPECT_EQ(scales["logits/scale"], 0.25f);
}

TEST(OnnxWriter, A32BitBiasStandsAsIntegersAtAccumulatorScale) {
  const onnx::ModelProto proto = as_proto(worked_example(32));
  EXPECT_EQ(operators(proto),
            "QuantizeLinear DequantizeLinear DequantizeLinear QuantizeLinear DequantizeLinear Gemm Relu QuantizeLinear DequantizeLinear");
  bool is_found = false;
  for (const onnx::TensorProto& tensor : proto.graph().initializer()) {
    if (tensor.data_type() != onnx::TensorProto::INT32) continue;
    std::int32_t raw = 0;
    ASSERT_EQ(tensor.raw_data().size(), sizeof(raw));
    std::memcpy(&raw, tensor.raw_data().data(), sizeof(raw));
    EXPECT_EQ(raw, 205);  // floor(0.4 · 2^9 + 0.5)
    is_found = true;
  }
  EXPECT_TRUE(is_found);
}

TEST(OnnxWriter, RefusesWhatCannotBeWritten) {
  Model model = worked_example(8);
  model.quantization->formats[model.graph.output] = {32, 2};
  expect_error(ErrorKind::data, {"logits", "32 bits"}, [&] { serialize_onnx(model); });
  model = worked_example(8);
  model.quantization->formats[*model.graph.find("fc_weights")] = {12, 2};
  expect_error(ErrorKind::data, {"fc_weights", "12 bits"}, [&] { serialize_onnx(model); });
  model = worked_example(8);
  model.graph.initializers.begin()->second.data[0] = std::nanf("");
  expect_error(ErrorKind::data, {"fc_weights", "nan"}, [&] { serialize_onnx(model); });
}

}  // namespace
}  // namespace qmn
