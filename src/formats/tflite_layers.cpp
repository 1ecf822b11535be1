// SPDX-License-Identifier: Apache-2.0
// formats/tflite_layers.cpp   Layers. TFLite's weights are [out, kh, kw, in / groups] for CONV_2D, [1, kh, kw, out] for DEPTHWISE_CONV_2D
// and [out, in] for FULLY_CONNECTED; data is NHWC; SAME padding puts the odd row or column at the end.
#include "formats/tflite_reader.h"

namespace qmn {

DraftAttributes TfliteReader::window(int padding, int stride_h, int stride_w) const {
  constexpr int kSame = 0, kValid = 1;
  if (padding != kSame && padding != kValid) fail_data("{}: its padding {} is neither SAME nor VALID", title(), padding);
  return {{"auto_pad", std::string(padding == kSame ? "SAME_UPPER" : "VALID")}, {"strides", std::vector<std::int64_t>{stride_h, stride_w}}};
}

void TfliteReader::read_conv(const tflite::Operator& op) {
  const auto* options = this->options<tflite::ConvOptions>(op);
  if (options == nullptr) fail_data("{}: its options are missing", title());
  DraftAttributes attributes = window(options->padding(), options->stride_h(), options->stride_w());
  attributes["dilations"] = std::vector<std::int64_t>{options->dilation_h(), options->dilation_w()};
  std::vector<std::string> in{input(op, 0), build_.transpose(node_name_ + "/weights", input(op, 1), {0, 3, 1, 2})};
  if (has_input(op, 2)) in.push_back(input(op, 2));
  const std::string out = before_activation(op, options->activation());
  build_.nhwc_node("Conv", node_name_, std::move(in), out, std::move(attributes));
  add_activation(op, options->activation(), out);
}

void TfliteReader::read_depthwise(const tflite::Operator& op) {
  const auto* options = this->options<tflite::DepthwiseOptions>(op);
  if (options == nullptr) fail_data("{}: its options are missing", title());
  DraftAttributes attributes = window(options->padding(), options->stride_h(), options->stride_w());
  attributes["dilations"] = std::vector<std::int64_t>{options->dilation_h(), options->dilation_w()};
  // [1, kh, kw, out] → [out, 1, kh, kw]: output channel c·multiplier + m reads channel c, as in groups of one channel.
  std::vector<std::string> in{input(op, 0), build_.transpose(node_name_ + "/weights", input(op, 1), {3, 0, 1, 2})};
  if (has_input(op, 2)) in.push_back(input(op, 2));
  const std::string out = before_activation(op, options->activation());
  build_.nhwc_node("Conv", node_name_, std::move(in), out, std::move(attributes));
  add_activation(op, options->activation(), out);
}

void TfliteReader::read_pool(const tflite::Operator& op) {
  const auto* options = this->options<tflite::PoolOptions>(op);
  if (options == nullptr) fail_data("{}: its options are missing", title());
  DraftAttributes attributes = window(options->padding(), options->stride_h(), options->stride_w());
  attributes["kernel_shape"] = std::vector<std::int64_t>{options->filter_h(), options->filter_w()};
  const std::string out = before_activation(op, options->activation());
  build_.nhwc_node(op_name_ == "MAX_POOL_2D" ? "MaxPool" : "AveragePool", node_name_, {input(op, 0)}, out, std::move(attributes));
  add_activation(op, options->activation(), out);
}

void TfliteReader::read_fully_connected(const tflite::Operator& op) {
  const auto* options = this->options<tflite::FullyConnectedOptions>(op);
  const int activation = options == nullptr ? 0 : options->activation();
  if (options != nullptr && options->weights_format() != 0) fail_data("{}: shuffled weights are not supported", title());
  const Shape weight = shape_of_input(op, 1);
  if (weight.size() != 2) fail_data("{}: its weight has shape {}, but 2 dimensions are needed", title(), to_string(weight));
  std::string rows = input(op, 0);
  if (shape_of_input(op, 0).size() != 2) {
    if (options != nullptr && options->keep_num_dims()) fail_data("{}: keep_num_dims is not supported", title());
    rows = build_.helper("Reshape", node_name_ + "/rows", {rows, build_.integers(node_name_ + "/rows_shape", {-1, weight[1]})});
  }
  std::vector<std::string> in{rows, input(op, 1)};
  if (has_input(op, 2)) in.push_back(input(op, 2));
  const std::string out = before_activation(op, activation);
  build_.node("Gemm", node_name_, std::move(in), out, {{"transB", std::int64_t{1}}});
  add_activation(op, activation, out);
}

void TfliteReader::read_arithmetic(const tflite::Operator& op) {
  static const std::map<std::string, const char*> names{{"ADD", "Add"}, {"SUB", "Sub"}, {"MUL", "Mul"}, {"DIV", "Div"}, {"MAXIMUM", "Max"}, {"MINIMUM", "Min"}};
  const bool is_bound = op_name_ == "MAXIMUM" || op_name_ == "MINIMUM";  // without options
  const auto* options = is_bound ? nullptr : this->options<tflite::ArithmeticOptions>(op);
  const int activation = options == nullptr ? 0 : options->activation();
  const std::string out = before_activation(op, activation);
  build_.node(names.at(op_name_), node_name_, {input(op, 0), input(op, 1)}, out);
  add_activation(op, activation, out);
}

void TfliteReader::read_function(const tflite::Operator& op) {
  static const std::map<std::string, const char*> names{{"LOGISTIC", "Sigmoid"}, {"NEG", "Neg"}, {"RELU", "Relu"}, {"SQRT", "Sqrt"}, {"TANH", "Tanh"}};
  build_.node(names.at(op_name_), node_name_, {input(op, 0)}, output(op));
}

void TfliteReader::read_relu6(const tflite::Operator& op) { clip(node_name_, input(op, 0), output(op), 0, 6); }
void TfliteReader::read_relu_n1_to_1(const tflite::Operator& op) { clip(node_name_, input(op, 0), output(op), -1, 1); }

void TfliteReader::read_leaky_relu(const tflite::Operator& op) {
  const auto* options = this->options<tflite::LeakyReluOptions>(op);
  build_.node("LeakyRelu", node_name_, {input(op, 0)}, output(op), {{"alpha", options == nullptr ? 0.0 : static_cast<double>(options->alpha())}});
}

void TfliteReader::read_rsqrt(const tflite::Operator& op) {
  build_.node("Reciprocal", node_name_, {build_.helper("Sqrt", node_name_ + "/sqrt", {input(op, 0)})}, output(op));
}

void TfliteReader::read_softmax(const tflite::Operator& op) {
  const auto* options = this->options<tflite::SoftmaxOptions>(op);
  if (options != nullptr && options->beta() != 1.0f) fail_data("{}: beta = {} is not supported, 1 is", title(), options->beta());
  build_.node("Softmax", node_name_, {input(op, 0)}, output(op), {{"axis", std::int64_t{-1}}});
}

void TfliteReader::read_prelu(const tflite::Operator& op) { build_.node("PRelu", node_name_, {input(op, 0), input(op, 1)}, output(op)); }

}  // namespace qmn
