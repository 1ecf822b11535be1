// SPDX-License-Identifier: Apache-2.0
// What other tools write, as protobuf text: accepted where it means what the float IR can say, else refused by name.
#include "formats/onnx_text.h"
#include "formats/random_model.h"
#include "support/reference_interpreter.h"

namespace qmn {
namespace {

using testing::expect_error;
using namespace testing::onnx_text;

reference::Reals run(const Model& model, const std::vector<float>& clip) { return reference::run(model.graph, clip); }
using Reals = reference::Reals;

const std::string kWeights = floats("w", {2, 2}, {1, 2, 3, 4});

TEST(OnnxReader, GemmMayBeTransposedOrNot) {
  const std::string bias = floats("b", {2}, {10, 20});
  EXPECT_EQ(run(read({kWeights + bias + node("Gemm", {"x", "w", "b"}, "y", attribute("transB", std::int64_t{1}))}), {1, 10}),
            (Reals{31, 63}));
  EXPECT_EQ(run(read({kWeights + bias + node("Gemm", {"x", "w", "b"}, "y")}), {1, 10}), (Reals{41, 62}));
  EXPECT_EQ(run(read({kWeights + floats("b", {1, 2}, {10, 20}) + node("Gemm", {"x", "w", "b"}, "y")}), {1, 10}), (Reals{41, 62}));
  EXPECT_EQ(run(read({kWeights + node("Gemm", {"x", "w"}, "y", attribute("alpha", 1.0f) + attribute("beta", 1.0f))}), {1, 10}),
            (Reals{31, 42}));
  expect_fault({kWeights + node("Gemm", {"x", "w"}, "y", attribute("alpha", 0.5f))}, {"Gemm Gemm_0", "alpha = 0.5"});
  expect_fault({kWeights + node("Gemm", {"x", "w"}, "y", attribute("transA", std::int64_t{1}))}, {"Gemm Gemm_0", "transA = 1"});
}

TEST(OnnxReader, OneWeightMayBeReadBothWays) {
  const Model model =
      read({kWeights + node("Gemm", {"x", "w"}, "h", attribute("transB", std::int64_t{1})) + node("Gemm", {"h", "w"}, "y")});
  EXPECT_EQ(run(model, {1, 0}), (Reals{10, 14}));
  EXPECT_EQ(model.graph.initializers.size(), 2u);
}

TEST(OnnxReader, MatMulAndAddAreAFullyConnectedLayer) {
  const std::string bias = floats("b", {2}, {10, 20});
  for (const std::string& add : {node("Add", {"h", "b"}, "y"), node("Add", {"b", "h"}, "y")}) {
    const Model model = read({kWeights + bias + node("MatMul", {"x", "w"}, "h") + add});
    EXPECT_EQ(run(model, {1, 10}), (Reals{41, 62}));
    EXPECT_EQ(model.graph.nodes.size(), 1u);
    EXPECT_EQ(model.graph.value(model.graph.output).name, "y");
  }
  EXPECT_EQ(run(read({kWeights + node("MatMul", {"x", "w"}, "y")}), {1, 10}), (Reals{31, 42}));
  expect_fault({kWeights + floats("b", {2, 1}, {1, 2}) + node("MatMul", {"x", "w"}, "h") + node("Add", {"h", "b"}, "y")},
               {"Add Add_1", "one a channel"});
}

TEST(OnnxReader, AnyOtherAddIsANode) {
  const std::string bias = floats("b", {2}, {10, 20});
  EXPECT_EQ(run(read({bias + node("Add", {"b", "x"}, "y")}), {1, 10}), (Reals{11, 30}));
  EXPECT_EQ(run(read({floats("b", {}, {10}) + node("Add", {"x", "b"}, "y")}), {1, 10}), (Reals{11, 20}));
  EXPECT_EQ(run(read({node("Add", {"x", "x"}, "y")}), {1, 10}), (Reals{2, 20}));
  // The layer has another reader, which sees no bias.
  const Model model = read({kWeights + bias + node("MatMul", {"x", "w"}, "h") + node("Relu", {"h"}, "r") + node("Add", {"h", "b"}, "s") +
                            node("Add", {"r", "s"}, "y")});
  EXPECT_EQ(run(model, {1, 10}), (Reals{72, 104}));
}

TEST(OnnxReader, AnAddBehindAConvolutionIsItsBias) {
  const std::string conv = floats("w", {2, 1, 1, 1}, {2, 3}) + node("Conv", {"x", "w"}, "h");
  const Model model = read({.body = conv + floats("b", {1, 2, 1, 1}, {10, 20}) + node("Add", {"h", "b"}, "y"), .input = {-1, 1, 1, 2}});
  EXPECT_EQ(run(model, {1, 5}), (Reals{12, 20, 23, 35}));
  // A vector would broadcast over the width, not over the channels.
  expect_fault({.body = conv + floats("b", {2}, {10, 20}) + node("Add", {"h", "b"}, "y"), .input = {-1, 1, 1, 2}}, {"Add"});
}

TEST(OnnxReader, AutoPadStandsForPads) {
  const auto pads = [](const char* mode, std::int64_t in, std::int64_t kernel, std::int64_t stride) {
    const std::string conv =
        node("Conv", {"x", "w"}, "y", attribute("auto_pad", mode) + attribute("strides", std::vector<std::int64_t>{stride, 1}));
    const Model model = read(
        {.body = floats("w", {1, 1, kernel, 1}, std::vector<float>(static_cast<std::size_t>(kernel), 1)) + conv, .input = {-1, 1, in, 1}});
    const auto& layer = std::get<Conv2d>(model.graph.nodes[0]);
    return std::array<std::int64_t, 3>{layer.pads[0], layer.pads[2], model.graph.shape(model.graph.output)[2]};
  };
  using Triple = std::array<std::int64_t, 3>;
  EXPECT_EQ(pads("SAME_UPPER", 49, 10, 2), (Triple{4, 5, 25}));
  EXPECT_EQ(pads("SAME_LOWER", 49, 10, 2), (Triple{5, 4, 25}));
  EXPECT_EQ(pads("SAME_UPPER", 7, 2, 3), (Triple{0, 1, 3}));
  EXPECT_EQ(pads("SAME_UPPER", 7, 1, 3), (Triple{0, 0, 3}));
  EXPECT_EQ(pads("VALID", 49, 10, 2), (Triple{0, 0, 20}));
  EXPECT_EQ(pads("NOTSET", 49, 10, 2), (Triple{0, 0, 20}));
}

TEST(OnnxReader, ReshapeIsFlattenWhereItDoesTheSame) {
  const auto body = [](const std::vector<std::int64_t>& target) {
    return integers("s", onnx::TensorProto::INT64, {static_cast<std::int64_t>(target.size())}, target) + node("Reshape", {"x", "s"}, "y");
  };
  for (const std::vector<std::int64_t>& target : {std::vector<std::int64_t>{-1, 6}, {0, -1}, {0, 6}, {1, 6}, {1, -1}}) {
    EXPECT_EQ(read({.body = body(target), .input = {-1, 2, 3}}).graph.shape(1), (Shape{1, 6}));
  }
  for (const std::vector<std::int64_t>& target : {std::vector<std::int64_t>{6}, {-1, 3}, {2, -1}, {-1, 2, 3}, {6, 1}, {-1, -1}}) {
    expect_fault({.body = body(target), .input = {-1, 2, 3}}, {"Reshape Reshape_0", "1x2x3"});
  }
}

TEST(OnnxReader, IdentityAndConstantAreResolved) {
  const std::string constant =
      "node { op_type: 'Constant' output: 'w' attribute { name: 'value' type: TENSOR t { data_type: 1 dims: 2 dims: 2 float_data: [1, 2, "
      "3, 4] } } }";
  const Model model = read({constant + node("Identity", {"w"}, "w2") + node("Identity", {"x"}, "x2") + node("Identity", {"x2"}, "x3") +
                            node("MatMul", {"x3", "w2"}, "h") + node("Identity", {"h"}, "y")});
  EXPECT_EQ(run(model, {1, 10}), (Reals{31, 42}));
  EXPECT_EQ(model.graph.nodes.size(), 1u);
}

TEST(OnnxReader, AnAliasCountsAsAUse) {
  // The MatMul's output is read by the Add and, under another name, by the Relu: the Add must not become its bias.
  const Model model = read({kWeights + floats("b", {2}, {-100, -100}) + node("MatMul", {"x", "w"}, "h") + node("Identity", {"h"}, "h2") +
                            node("Relu", {"h2"}, "r") + node("Add", {"h", "b"}, "s") + node("Add", {"r", "s"}, "y")});
  EXPECT_EQ(run(model, {1, 10}), (Reals{-38, -16}));
}

TEST(OnnxReader, AveragePoolKeepsItsMeaning) {
  const auto body = [](const std::string& more) {
    return node("AveragePool", {"x"}, "y", attribute("kernel_shape", std::vector<std::int64_t>{2, 2}) + more);
  };
  const auto read_pool = [&](const std::string& more) { return run(read({.body = body(more), .input = {-1, 1, 2, 2}}), {1, 2, 3, 5}); };
  EXPECT_EQ(read_pool(""), (Reals{2.75}));
  EXPECT_EQ(read_pool(attribute("auto_pad", "SAME_UPPER")), (Reals{2.75, 3.5, 4, 5}));
  EXPECT_EQ(read_pool(attribute("count_include_pad", std::int64_t{1})), (Reals{2.75}));
  expect_fault({.body = body(attribute("count_include_pad", std::int64_t{1}) + attribute("pads", std::vector<std::int64_t>{1, 1, 0, 0})),
                .input = {-1, 1, 2, 2}},
               {"AveragePool", "count_include_pad"});
  expect_fault({.body = body(attribute("ceil_mode", std::int64_t{1})), .input = {-1, 1, 2, 2}}, {"AveragePool", "ceil_mode = 1"});
  expect_fault({.body = node("AveragePool", {"x"}, "y"), .input = {-1, 1, 2, 2}}, {"AveragePool", "kernel_shape is missing"});
}

TEST(OnnxReader, OperatorSets7To17) {
  for (int opset : {7, 13, 17}) EXPECT_EQ(read({.body = node("Relu", {"x"}, "y"), .opset = opset}).graph.nodes.size(), 1u);
  for (int opset : {1, 6, 18, 99}) expect_fault({.body = node("Relu", {"x"}, "y"), .opset = opset}, {"operator set", "opset 7 to 17"});
  const std::string old_dropout = node("Dropout", {"x"}, "y", attribute("ratio", 0.25f));
  EXPECT_EQ(std::get<Dropout>(read({.body = old_dropout, .opset = 7}).graph.nodes[0]).ratio, 0.25f);
  expect_fault({integers("t", onnx::TensorProto::BOOL, {}, {1}) + node("Dropout", {"x", "", "t"}, "y")}, {"Dropout", "training_mode"});
}

TEST(OnnxReader, ListsEveryUnsupportedNodeAtOnce) {
  expect_fault({node("LSTM", {"x"}, "a", "name: 'memory'") + node("Relu", {"x"}, "b") + node("Erf", {"a"}, "c", "name: 'squash'") +
                node("Relu", {"c"}, "y", "domain: 'ai.custom'")},
               {"3 nodes are not supported", "LSTM memory", "Erf squash", "ai.custom.Relu (unnamed)", "supported: Add, AveragePool"});
}

TEST(OnnxReader, UnknownAttributesAreNotOverlooked) {
  expect_fault({node("Relu", {"x"}, "y", attribute("slope", 0.1f))}, {"Relu Relu_0", "slope"});
  expect_fault({kWeights + node("Gemm", {"x", "w"}, "y", attribute("transB", 1.0f))}, {"Gemm", "transB is no INT"});
}

TEST(OnnxReader, BrokenGraphsNameTheirFault) {
  expect_fault({node("Relu", {"nowhere"}, "y")}, {"Relu Relu_0", "nowhere"});
  expect_fault({node("Relu", {"y"}, "y")}, {"Relu Relu_0", "y"});
  expect_fault({node("Relu", {"x"}, "y") + node("Relu", {"x"}, "y")}, {"y is defined twice"});
  expect_fault({node("Relu", {"x"}, "x")}, {"x is defined twice"});
  expect_fault({node("Relu", {""}, "y")}, {"Relu", "input 0 is missing"});
  expect_fault({node("Relu", {}, "y")}, {"Relu", "input 0 is missing"});
  expect_fault({node("Identity", {"x"}, "y") + node("Relu", {"x"}, "y")}, {"y is defined twice"});
  expect_fault({.body = node("Relu", {"x"}, "z")}, {"the graph's output", "y"});
  expect_fault({kWeights + node("Relu", {"w"}, "y")}, {"Relu", "w is a constant"});
  expect_fault({node("Gemm", {"x", "x"}, "y")}, {"Gemm", "x is computed"});
  expect_fault({.body = node("Relu", {"x"}, "y"), .input = {-1, -1}}, {"x has no fixed size in dimension 1"});
  expect_fault({value("input", "x2", {1}) + node("Relu", {"x"}, "y")}, {"inputs x and x2"});
  expect_fault({value("output", "x", {1}) + node("Relu", {"x"}, "y")}, {"2 outputs"});
  expect_fault({node("Relu", {"x"}, "y", "name: 'a\\nb'")}, {"a node", "control character"});
  expect_fault({floats("w", {3, 2}, {1, 2, 3}) + node("Gemm", {"x", "w"}, "y")}, {"w", "3x2", "3 numbers"});
  expect_fault({floats("w", {1 << 20, 1 << 20}, {1}) + node("Relu", {"x"}, "y")}, {"w", "more than 16777216"});
  expect_fault({floats("w", {-1}, {1}) + node("Relu", {"x"}, "y")}, {"w", "extent of -1"});
  expect_fault({integers("w", onnx::TensorProto::INT32, {2, 2}, {1, 2, 3, 4}) + node("Gemm", {"x", "w"}, "y")}, {"w", "float32"});
  expect_fault({"initializer { name: 'w' data_type: 11 dims: 1 double_data: 1 }" + node("Relu", {"x"}, "y")}, {"w", "DOUBLE"});
  expect_fault({"initializer { name: 'w' data_type: 1 dims: 1 data_location: EXTERNAL }" + node("Relu", {"x"}, "y")},
               {"w", "another file"});
  expect_fault({floats("w", {2, 3}, {1, 2, 3, 4, 5, 6}) + node("Gemm", {"x", "w"}, "y", attribute("transB", std::int64_t{1}))},
               {"Gemm", "2x3", "1x2"});
}

TEST(OnnxReader, MissingAndRepeatedNodeNamesAreReplaced) {
  const Model model = read({node("Relu", {"x"}, "a", "name: 'r'") + node("Relu", {"a"}, "b", "name: 'r'") + node("Relu", {"b"}, "y")});
  EXPECT_EQ(node_name(model.graph.nodes[0]), "r");
  EXPECT_EQ(node_name(model.graph.nodes[1]), "r_2");
  EXPECT_EQ(node_name(model.graph.nodes[2]), "Relu_2");
}

TEST(OnnxReader, InitializersMayBeListedAsInputs) {
  EXPECT_EQ(run(read({kWeights + value("input", "w", {2, 2}) + node("MatMul", {"x", "w"}, "y")}), {1, 10}), (Reals{31, 42}));
}

// ---- fixed point

std::string scale(const std::string& name, float number) { return floats(name, {}, {number}); }
const std::string kZero = integers("z", onnx::TensorProto::INT8, {}, {0});
std::string pair(const std::string& from, const std::string& to) {
  return node("QuantizeLinear", {from, "s", "z"}, to + "_q") + node("DequantizeLinear", {to + "_q", "s", "z"}, to);
}

TEST(OnnxReader, QuantizePairsBecomeFormats) {
  const Model model =
      read({kWeights + scale("s", 0.25f) + kZero + pair("x", "xd") + pair("w", "wd") + node("MatMul", {"xd", "wd"}, "h") + pair("h", "y")});
  ASSERT_TRUE(model.quantization);
  const auto format = [&](const char* name) { return model.quantization->format_of(*model.graph.find(name)); };
  EXPECT_EQ(format("x"), (QFormat{8, 2}));
  EXPECT_EQ(format("w"), (QFormat{8, 2}));
  EXPECT_EQ(format("y"), (QFormat{8, 2}));
  EXPECT_EQ(model.graph.nodes.size(), 1u);
}

TEST(OnnxReader, IntegerWeightsAreReadThroughTheirDequantizeLinear) {
  const Model model = read({integers("w", onnx::TensorProto::INT8, {2, 2}, {4, 8, -128, 127}) + scale("s", 0.25f) + kZero +
                            node("DequantizeLinear", {"w", "s", "z"}, "wd") + node("MatMul", {"x", "wd"}, "y")});
  EXPECT_EQ(run(model, {1, 1}), (Reals{1 - 32, 2 + 31.75}));
  EXPECT_EQ(model.quantization->format_of(*model.graph.find("wd")), (QFormat{8, 2}));
}

TEST(OnnxReader, OtherQuantizationIsRefusedByTensorName) {
  const std::string tail = pair("x", "y");
  expect_fault({scale("s", 0.3f) + kZero + tail}, {"tensor x", "scale 0.3", "power of two"});
  expect_fault({scale("s", -0.5f) + kZero + tail}, {"tensor x", "scale -0.5"});
  expect_fault({scale("s", 0.0f) + kZero + tail}, {"tensor x", "scale 0"});
  expect_fault({"initializer { name: 's' data_type: 1 float_data: [inf] }" + kZero + tail}, {"tensor x", "scale inf"});
  expect_fault({scale("s", 1e-38f * 1.1754944f) + kZero + tail}, {"tensor x"});
  expect_fault({scale("s", 0.5f) + integers("z", onnx::TensorProto::INT8, {}, {3}) + tail}, {"tensor x", "zero point 3"});
  expect_fault({scale("s", 0.5f) + integers("z", onnx::TensorProto::UINT8, {}, {0}) + tail}, {"tensor x", "unsigned"});
  expect_fault({floats("s", {2}, {0.5f, 0.25f}) + kZero + tail}, {"tensor x", "2 scales"});
  expect_fault({scale("s", 0.5f) + node("QuantizeLinear", {"x", "s"}, "q") + node("DequantizeLinear", {"q", "s"}, "y")},
               {"tensor x", "unsigned"});
  expect_fault({scale("s", 0.5f) + scale("t", 0.25f) + kZero + node("QuantizeLinear", {"x", "s", "z"}, "q") +
                node("DequantizeLinear", {"q", "t", "z"}, "y")},
               {"q is read as"});
  expect_fault({scale("s", 0.5f) + kZero + node("QuantizeLinear", {"x", "s", "z"}, "q") + node("Relu", {"q"}, "y")},
               {"Relu", "no DequantizeLinear"});
  expect_fault({scale("s", 0.5f) + kZero + node("QuantizeLinear", {"x", "s", "z"}, "y")}, {"output y is integer"});
  expect_fault({scale("s", 0.5f) + kZero + pair("x", "a") + node("Relu", {"x"}, "y")}, {"tensor x", "both before and after"});
  expect_fault({scale("s", 0.5f) + kZero + node("DequantizeLinear", {"x", "s", "z"}, "y")}, {"x", "neither"});
}

TEST(OnnxReader, ANoteOfFloatsMustBelongToItsIntegers) {
  Model model = testing::random_model(11, testing::Formats::none);
  const ValueId id = model.graph.initializers.begin()->first;
  model.quantization = Quantization{{{id, {32, 10}}}};
  onnx::ModelProto proto;
  ASSERT_TRUE(proto.ParseFromString(serialize_onnx(model)));
  std::string& note = *proto.mutable_metadata_props(0)->mutable_value();
  const std::string whole = note;
  const auto expect_broken = [&](const std::string& text) {
    note = text;
    const std::string bytes = proto.SerializeAsString();
    expect_error(ErrorKind::data, {"net.onnx", "qmn_float:" + model.graph.value(id).name}, [&] { parse_onnx(bytes, "net.onnx"); });
  };
  expect_broken(whole.substr(8));
  expect_broken("42000000" + whole.substr(8));
  expect_broken("7fc00000" + whole.substr(8));  // NaN
  expect_broken("xyzxyzxy" + whole.substr(8));
}

}  // namespace
}  // namespace qmn
