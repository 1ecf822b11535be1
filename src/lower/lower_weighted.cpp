// SPDX-License-Identifier: Apache-2.0
// lower/lower_weighted.cpp   Conv → conv2d; groups = input channels → depthwise_conv2d. Gemm → fully_connected, its columns in the order of the
// tensor that it reads.
#include "lower/lowering.h"

#include "lower/accumulator_bound.h"
#include "lower/layout.h"

#include "base/error.h"

#include <algorithm>

namespace qmn {
namespace {

template <class K>
void set_window(K& kernel, const Conv2d& node, const Shape& weight) {
  kernel.kernel_h = static_cast<int>(weight[2]);
  kernel.kernel_w = static_cast<int>(weight[3]);
  kernel.stride_h = static_cast<int>(node.strides[0]);
  kernel.stride_w = static_cast<int>(node.strides[1]);
  kernel.dilation_h = static_cast<int>(node.dilations[0]);
  kernel.dilation_w = static_cast<int>(node.dilations[1]);
  kernel.pad_top = static_cast<int>(node.pads[0]);
  kernel.pad_left = static_cast<int>(node.pads[1]);
}

}  // namespace

ProgramBias Lowering::lower_bias(ValueId id, std::int64_t channels, QFormat in, QFormat weight, const std::string& user) const {
  if (id == kNoValue) {  // zeros at accumulator scale
    return {.format = {8, accumulator_frac_bits(in, weight)}, .values = std::vector<std::int32_t>(static_cast<std::size_t>(channels), 0)};
  }
  const std::string& name = graph_.value(id).name;
  ProgramBias bias;
  bias.format = format_of(id, user);
  if (bias.format.total_bits != 8 && bias.format.total_bits != 32) {
    fail_data("{}: its bias {} has {} bits; kernels take 8 or 32", user, name, bias.format.total_bits);
  }
  bias.values = raw_parameter(graph_, *quantization_, id);
  bias.shift = bias_shift(in, weight, bias.format);
  if (bias.format.total_bits == 32 && bias.shift != 0) {
    fail_data("{}: its 32-bit bias {} has {} fractional bits; the accumulator's {} are needed", user, name, bias.format.frac_bits,
              accumulator_frac_bits(in, weight));
  }
  if (bias.shift < 0) {
    fail_data("{}: its bias {} has {} fractional bits, more than the accumulator's {}: bias_shift would be {}; give it at most {}", user,
              name, bias.format.frac_bits, accumulator_frac_bits(in, weight), bias.shift, accumulator_frac_bits(in, weight));
  }
  const bool is_zero = std::all_of(bias.values.begin(), bias.values.end(), [](std::int32_t raw) { return raw == 0; });
  if (is_zero) bias.shift = std::min(bias.shift, kMaxOutShift);
  if (bias.shift > kMaxOutShift) {
    fail_data("{}: bias_shift of {} would be {}, at most {} is possible; give the bias more fractional bits", user, name, bias.shift,
              kMaxOutShift);
  }
  return bias;
}

Epilogue Lowering::lower_epilogue(QFormat in, QFormat weight, QFormat out, Activation activation, const std::string& user) const {
  const int shift = out_shift(in, weight, out);
  if (shift < 0 || shift > kMaxOutShift) {
    fail_data("{}: out_shift would be {} ({} x {} to {}); it must lie between 0 and {}: give the output {} to {} fractional bits", user,
              shift, in.name(), weight.name(), out.name(), kMaxOutShift, accumulator_frac_bits(in, weight) - kMaxOutShift,
              accumulator_frac_bits(in, weight));
  }
  const RawRange range = raw_range(out, activation);
  return {.out_shift = shift, .clip_min = static_cast<std::int8_t>(range.min), .clip_max = static_cast<std::int8_t>(range.max)};
}

/// All that the three kernels with weights have in common; the weights in the order of the graph.
template <class K, class N>
K Lowering::lower_weighted(const N& node) {
  const std::string user = title(node);
  const QFormat in = input_8_bit(node.input, user).format;
  const Tensor& weight = graph_.initializer(node.weight);
  K kernel;
  kernel.name = kernel_names_.take(node.name, "layer");
  kernel.input = tensor_of(node.input);
  kernel.output = add_tensor(node.output, user);
  kernel.weight_format = format_8_bit(node.weight, user);
  if (quantization_->is_per_channel(node.weight)) fail_data("{}: its weight {} has a format for each channel", user, graph_.value(node.weight).name);
  for (const std::int32_t raw : raw_parameter(graph_, *quantization_, node.weight)) kernel.weights.push_back(static_cast<std::int8_t>(raw));
  kernel.weights_name = kernel_names_.take(graph_.value(node.weight).name, "weights");
  kernel.bias = lower_bias(node.bias, weight.shape[0], in, kernel.weight_format, user);
  kernel.bias_name = kernel_names_.take(node.bias == kNoValue ? kernel.name + "_bias" : graph_.value(node.bias).name, "bias");
  kernel.epilogue = lower_epilogue(in, kernel.weight_format, program_.tensor(kernel.output).format, node.activation, user);
  return kernel;
}

void Lowering::lower_node(const Conv2d& node) {
  const std::int64_t in_channels = graph_.shape(node.input)[1];
  const Shape& weight = graph_.shape(node.weight);
  if (node.groups == 1) {
    auto kernel = lower_weighted<Conv2dKernel>(node);
    set_window(kernel, node, weight);
    kernel.weights = conv_weights(kernel.weights, weight[0], weight[1], weight[2] * weight[3]);
    prove_int32(accumulator_bound(kernel), title(node));
    push(std::move(kernel));
  } else if (node.groups == in_channels) {
    auto kernel = lower_weighted<DepthwiseConv2dKernel>(node);
    set_window(kernel, node, weight);
    kernel.weights = depthwise_weights(kernel.weights, weight[0], weight[2] * weight[3]);
    prove_int32(accumulator_bound(kernel), title(node));
    push(std::move(kernel));
  } else {
    fail_data("{}: {} groups of {} input channels have no kernel; only 1 group or one per channel (depthwise) have", title(node),
              node.groups, in_channels);
  }
}

void Lowering::lower_node(const FullyConnected& node) {
  auto kernel = lower_weighted<FullyConnectedKernel>(node);
  kernel.weights = fully_connected_weights(kernel.weights, order_of(node.input));
  prove_int32(accumulator_bound(kernel), title(node));
  push(std::move(kernel));
}

}  // namespace qmn
