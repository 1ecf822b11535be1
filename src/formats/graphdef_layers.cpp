// SPDX-License-Identifier: Apache-2.0
// formats/graphdef_layers.cpp   Layers. TensorFlow's weights are [kh, kw, in, out] for Conv2D and [kh, kw, in, multiplier] for
// DepthwiseConv2dNative, whose output channel c·multiplier + m reads channel c; SAME padding puts the odd row or column at the end.
#include "formats/graphdef_reader.h"

#include "base/error.h"

namespace qmn {

bool GraphDefReader::is_nhwc(const tensorflow::Node& node) const {
  const std::string format = text(node, "data_format", "NHWC");
  if (format != "NHWC" && format != "NCHW") fail_data("{}: data_format {} is not supported, NHWC and NCHW are", title(node), format);
  return format == "NHWC";
}

std::vector<std::int64_t> GraphDefReader::spatial(const tensorflow::Node& node, const char* name) const {
  const std::vector<std::int64_t> all = integers(node, name, {1, 1, 1, 1});
  const std::size_t height = is_nhwc(node) ? 1 : 2, channel = is_nhwc(node) ? 3 : 1;
  if (all.size() != 4 || all[0] != 1 || all[channel] != 1)
    fail_data("{}: its attribute {} must have 4 numbers, those of the batch and the channels being 1", title(node), name);
  return {all[height], all[height + 1]};
}

DraftAttributes GraphDefReader::window(const tensorflow::Node& node) const {
  DraftAttributes attributes{{"strides", spatial(node, "strides")}};
  const std::string padding = text(node, "padding", "VALID");
  if (padding == "EXPLICIT") {
    const std::vector<std::int64_t> pairs = integers(node, "explicit_paddings", {});
    const std::size_t height = is_nhwc(node) ? 2 : 4;
    if (pairs.size() != 8) fail_data("{}: its attribute explicit_paddings must have 8 numbers", title(node));
    attributes["pads"] = std::vector<std::int64_t>{pairs[height], pairs[height + 2], pairs[height + 1], pairs[height + 3]};
  } else if (padding == "SAME" || padding == "VALID") {
    attributes["auto_pad"] = padding == "SAME" ? "SAME_UPPER" : padding;
  } else {
    fail_data("{}: padding {} is not supported, SAME, VALID and EXPLICIT are", title(node), padding);
  }
  return attributes;
}

void GraphDefReader::windowed(const tensorflow::Node& node, const char* op, std::vector<std::string> inputs, DraftAttributes attributes) {
  if (is_nhwc(node)) return build_.nhwc_node(op, node.name(), std::move(inputs), node.name(), std::move(attributes));
  build_.node(op, node.name(), std::move(inputs), node.name(), std::move(attributes));
}

void GraphDefReader::read_conv(const tensorflow::Node& node) {
  const std::vector<std::string> in = inputs(node, 2);
  DraftAttributes attributes = window(node);
  attributes["dilations"] = spatial(node, "dilations");
  windowed(node, "Conv", {in[0], build_.transpose(node.name() + "/weights", in[1], {3, 2, 0, 1})}, std::move(attributes));
}

void GraphDefReader::read_depthwise(const tensorflow::Node& node) {
  const std::vector<std::string> in = inputs(node, 2);
  DraftAttributes attributes = window(node);
  attributes["dilations"] = spatial(node, "dilations");
  const Shape weight = constant(node, 1).shape;
  if (weight.size() != 4) fail_data("{}: its weight has shape {}, but 4 dimensions are needed", title(node), to_string(weight));
  const std::string by_channel = build_.transpose(node.name() + "/by_channel", in[1], {2, 3, 0, 1});
  const std::string shape = build_.integers(node.name() + "/weight_shape", {weight[2] * weight[3], 1, weight[0], weight[1]});
  windowed(node, "Conv", {in[0], build_.helper("Reshape", node.name() + "/weights", {by_channel, shape})}, std::move(attributes));
}

void GraphDefReader::read_pool(const tensorflow::Node& node) {
  DraftAttributes attributes = window(node);
  attributes["kernel_shape"] = spatial(node, "ksize");
  windowed(node, node.op() == "AvgPool" ? "AveragePool" : "MaxPool", {inputs(node, 1)[0]}, std::move(attributes));
}

void GraphDefReader::read_batch_norm(const tensorflow::Node& node) {
  if (flag(node, "is_training", true)) fail_data("{}: is_training is true: freeze the graph for inference", title(node));
  const std::vector<std::string> in = inputs(node, 5);
  windowed(node, "BatchNormalization", {in.begin(), in.begin() + 5}, {{"epsilon", static_cast<double>(real(node, "epsilon", 1e-4f))}});
}

void GraphDefReader::read_mat_mul(const tensorflow::Node& node) {
  std::vector<std::string> in = inputs(node, 2);
  in.resize(2);
  if (flag(node, "transpose_a", false)) in[0] = build_.transpose(node.name() + "/a", in[0], {1, 0});
  if (flag(node, "transpose_b", false)) in[1] = build_.transpose(node.name() + "/b", in[1], {1, 0});
  build_.node("MatMul", node.name(), std::move(in), node.name());
}

void GraphDefReader::read_bias_add(const tensorflow::Node& node) {
  std::vector<std::string> in = inputs(node, 2);
  in.resize(2);
  if (!is_nhwc(node)) in[1] = build_.helper("Reshape", node.name() + "/bias", {in[1], build_.integers(node.name() + "/bias_shape", {-1, 1, 1})});
  build_.node("Add", node.name(), std::move(in), node.name());
}

void GraphDefReader::read_relu6(const tensorflow::Node& node) {
  build_.node("Clip", node.name(),
              {inputs(node, 1)[0], build_.constant(node.name() + "/low", float_scalar(0)), build_.constant(node.name() + "/high", float_scalar(6))},
              node.name());
}

void GraphDefReader::read_leaky_relu(const tensorflow::Node& node) {
  same(node, "LeakyRelu", 1, {{"alpha", static_cast<double>(real(node, "alpha", 0.2f))}});
}

void GraphDefReader::read_rsqrt(const tensorflow::Node& node) {
  build_.node("Reciprocal", node.name(), {build_.helper("Sqrt", node.name() + "/sqrt", {inputs(node, 1)[0]})}, node.name());
}

void GraphDefReader::read_square(const tensorflow::Node& node) {
  const std::string in = inputs(node, 1)[0];
  build_.node("Mul", node.name(), {in, in}, node.name());
}

void GraphDefReader::read_softmax(const tensorflow::Node& node) { same(node, "Softmax", 1, {{"axis", std::int64_t{-1}}}); }

void GraphDefReader::read_unary(const tensorflow::Node& node) { same(node, node.op().c_str(), 1); }

void GraphDefReader::read_binary(const tensorflow::Node& node) {
  static const std::map<std::string, const char*> names{{"Add", "Add"}, {"AddV2", "Add"},   {"Sub", "Sub"},    {"Mul", "Mul"},
                                                        {"RealDiv", "Div"}, {"Maximum", "Max"}, {"Minimum", "Min"}};
  same(node, names.at(node.op()), 2);
}

}  // namespace qmn
