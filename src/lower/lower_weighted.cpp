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

ProgramBias Lowering::lower_bias(ValueId id, ValueId weight_id, std::int64_t channels, QFormat in, const std::string& user) const {
  const QFormat weight = quantization_->formats.at(weight_id);
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
  if (bias.format.total_bits == 32) check_accumulator_scale(id, weight_id, in, user);
  else if (quantization_->is_per_channel(weight_id) || quantization_->is_per_channel(id)) {
    fail_data("{}: its weight {} has a format for each channel, which needs a bias of 32 bits; {} has 8", user, graph_.value(weight_id).name, name);
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

/// A 32-bit bias stands at the scale of its channel's accumulator.
void Lowering::check_accumulator_scale(ValueId id, ValueId weight_id, QFormat in, const std::string& user) const {
  const auto channels = static_cast<std::size_t>(graph_.shape(id)[0]);
  const std::vector<int> bias = quantization_->channels_of(id), weight = quantization_->channels_of(weight_id);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    const int has = bias[channel % bias.size()], needs = in.frac_bits + weight[channel % weight.size()];
    if (has != needs) {
      fail_data("{}: its 32-bit bias {} has {} fractional bits in channel {}; the accumulator's {} are needed", user, graph_.value(id).name, has,
                channel, needs);
    }
  }
}

Epilogue Lowering::lower_epilogue(QFormat in, ValueId weight_id, QFormat out, Activation activation, const std::string& user) const {
  const RawRange range = raw_range(out, activation);
  Epilogue epilogue{.clip_min = range.min, .clip_max = range.max};
  const std::vector<int> channels = quantization_->channels_of(weight_id);
  for (std::size_t channel = 0; channel < channels.size(); ++channel) {
    const QFormat weight{8, channels[channel]};
    const int shift = out_shift(in, weight, out);
    if (shift < 0 || shift > kMaxOutShift) {
      fail_data("{}: out_shift would be {} ({} x {} to {}{}); it must lie between 0 and {}: give the output {} to {} fractional bits", user,
                shift, in.name(), weight.name(), out.name(), channels.size() > 1 ? fmt::format(", channel {}", channel) : "", kMaxOutShift,
                accumulator_frac_bits(in, weight) - kMaxOutShift, accumulator_frac_bits(in, weight));
    }
    if (channels.size() > 1) epilogue.out_shifts.push_back(static_cast<std::uint8_t>(shift));
    epilogue.out_shift = channel == 0 ? shift : std::min(epilogue.out_shift, shift);
  }
  return epilogue;
}

/// All that the three kernels with weights have in common; the weights in the order of the graph.
template <class K, class N>
K Lowering::lower_weighted(const N& node) {
  const std::string user = title(node);
  const QFormat in = input_tensor(node.input).format;
  const Tensor& weight = graph_.initializer(node.weight);
  K kernel;
  kernel.name = kernel_names_.take(node.name, "layer");
  kernel.input = tensor_of(node.input);
  kernel.output = add_tensor(node.output, user);
  kernel.weight_format = format_8_bit(node.weight, user);
  for (const std::int32_t raw : raw_parameter(graph_, *quantization_, node.weight)) kernel.weights.push_back(static_cast<std::int8_t>(raw));
  kernel.weights_name = kernel_names_.take(graph_.value(node.weight).name, "weights");
  kernel.bias = lower_bias(node.bias, node.weight, weight.shape[0], in, user);
  kernel.bias_name = kernel_names_.take(node.bias == kNoValue ? kernel.name + "_bias" : graph_.value(node.bias).name, "bias");
  kernel.epilogue = lower_epilogue(in, node.weight, program_.tensor(kernel.output).format, node.activation, user);
  return kernel;
}

void Lowering::lower_node(const Conv2d& node) {
  const std::int64_t in_channels = graph_.shape(node.input)[1];
  const Shape& weight = graph_.shape(node.weight);
  if (node.groups == 1) {
    auto kernel = lower_weighted<Conv2dKernel>(node);
    set_window(kernel, node, weight);
    kernel.weights = conv_weights(kernel.weights, weight[0], weight[1], weight[2] * weight[3]);
    prove_int32(accumulator_bound(kernel, input_tensor(node.input).format), title(node));
    push(std::move(kernel));
  } else if (node.groups == in_channels) {
    auto kernel = lower_weighted<DepthwiseConv2dKernel>(node);
    set_window(kernel, node, weight);
    kernel.weights = depthwise_weights(kernel.weights, weight[0], weight[2] * weight[3]);
    prove_int32(accumulator_bound(kernel, input_tensor(node.input).format), title(node));
    push(std::move(kernel));
  } else {
    fail_data("{}: {} groups of {} input channels have no kernel; only 1 group or one per channel (depthwise) have", title(node),
              node.groups, in_channels);
  }
}

void Lowering::lower_node(const FullyConnected& node) {
  auto kernel = lower_weighted<FullyConnectedKernel>(node);
  kernel.weights = fully_connected_weights(kernel.weights, order_of(node.input));
  prove_int32(accumulator_bound(kernel, input_tensor(node.input).format), title(node));
  push(std::move(kernel));
}

}  // namespace qmn
