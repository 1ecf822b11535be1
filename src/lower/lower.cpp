// SPDX-License-Identifier: Apache-2.0
// lower/lower.cpp   Node by node:
//   Conv            → conv2d; groups = input channels → depthwise_conv2d
//   Gemm            → fully_connected, its columns in the order of the tensor that it reads
//   AveragePool     → average_pool2d
//   Relu            → requantize with clip_min 0
//   Flatten         → nothing: its output is its input's tensor (requantize, if the formats differ)
//   Softmax         → softmax; the end of a graph without one gets it by LowerOptions::adds_softmax
#include "lower/lower.h"

#include "lower/accumulator_bound.h"
#include "lower/identifiers.h"
#include "lower/layout.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

namespace qmn {
namespace {

constexpr QFormat kScoresFormat{8, 7};
constexpr std::int64_t kMaxSoftmaxCount = 65535;
constexpr int kMaxRequantizeLeftShift = 22;

/// "Conv conv_1": how messages name a node.
template <class N>
std::string title(const N& node) {
  return fmt::format("{} {}", op_type(Node{node}), node.name);
}

/// A unary change of format; beyond the limits every result is 0 or saturated already, so clamping keeps every bit.
struct UnaryShift {
  int left = 0, right = 0;
};
UnaryShift unary_shift(QFormat in, QFormat out) {
  const int shift = requantize_shift(in, out);
  return {.left = std::clamp(-shift, 0, kMaxRequantizeLeftShift), .right = std::clamp(shift, 0, kMaxOutShift)};
}

std::vector<std::uint16_t> exp_table(QFormat in) {
  std::vector<std::uint16_t> table;
  for (int d = 0; d < 256; ++d) table.push_back(static_cast<std::uint16_t>(std::floor(32768 * std::exp(-dequantize(d, in)) + 0.5)));
  return table;
}

class Lowering {
 public:
  Lowering(const Model& model, const LowerOptions& options) : graph_(model.graph), options_(options) {
    verify(graph_);
    if (!model.quantization) fail_data("the model {} is not quantized: no value has a fixed-point format; quantize it first", graph_.name);
    quantization_ = &*model.quantization;
    verify(graph_, *quantization_);
    program_.name = c_identifier(graph_.name, "net");
    program_.metadata = model.metadata;
  }

  Program run() {
    program_.input = add_tensor(graph_.input, fmt::format("the input {}", graph_.value(graph_.input).name));
    for (const Node& node : graph_.nodes) {
      std::visit([&](const auto& n) { lower_node(n); }, node);
    }
    set_outputs();
    return std::move(program_);
  }

 private:
  // ---- Values and formats ----

  QFormat format_of(ValueId id, const std::string& user) const {
    const std::optional<QFormat> format = quantization_->format_of(id);
    if (!format) fail_data("{}: the value {} has no fixed-point format; quantize it, it is float now", user, graph_.value(id).name);
    return *format;
  }

  QFormat format_8_bit(ValueId id, const std::string& user) const {
    const QFormat format = format_of(id, user);
    if (format.total_bits != 8) {
      fail_data("{}: the value {} has {} bits; its kernels read and write 8", user, graph_.value(id).name, format.total_bits);
    }
    return format;
  }

  TensorId tensor_of(ValueId id) const { return tensors_.at(id); }
  const ProgramTensor& input_tensor(ValueId id) const { return program_.tensor(tensor_of(id)); }

  TensorId add_tensor(ProgramTensor tensor, std::string_view name) {
    tensor.name = tensor_names_.take(name, "tensor");
    program_.tensors.push_back(std::move(tensor));
    return static_cast<TensorId>(program_.tensors.size()) - 1;
  }

  /// The tensor of an activation, [1,C,H,W] or [1,N].
  TensorId add_tensor(ValueId id, const std::string& user) {
    const Shape& shape = graph_.shape(id);
    const bool is_image = shape.size() == 4;
    if (!is_image && shape.size() != 2) {
      fail_data("{}: {} has shape {}; kernels work on 1xCxHxW or 1xN", user, graph_.value(id).name, to_string(shape));
    }
    ProgramTensor tensor;
    tensor.format = format_8_bit(id, user);
    tensor.channels = static_cast<int>(shape[1]);
    if (is_image) {
      tensor.height = static_cast<int>(shape[2]);
      tensor.width = static_cast<int>(shape[3]);
    }
    return tensors_[id] = add_tensor(std::move(tensor), graph_.value(id).name);
  }

  /// The tensor of a value that keeps the extents and the order of another one.
  TensorId add_tensor_like(ValueId like, ValueId id, QFormat format) {
    ProgramTensor tensor = input_tensor(like);
    tensor.format = format;
    return tensors_[id] = add_tensor(std::move(tensor), graph_.value(id).name);
  }

  // ---- Conv and Gemm ----

  ProgramBias lower_bias(ValueId id, std::int64_t channels, QFormat in, QFormat weight, const std::string& user) const {
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

  Epilogue lower_epilogue(QFormat in, QFormat weight, QFormat out, Activation activation, const std::string& user) const {
    const int shift = out_shift(in, weight, out);
    if (shift < 0 || shift > kMaxOutShift) {
      fail_data("{}: out_shift would be {} ({} x {} to {}); it must lie between 0 and {}: give the output {} to {} fractional bits", user,
                shift, in.name(), weight.name(), out.name(), kMaxOutShift, accumulator_frac_bits(in, weight) - kMaxOutShift,
                accumulator_frac_bits(in, weight));
    }
    return {.out_shift = shift, .clip_min = clip_min_of(activation)};
  }

  static std::int8_t clip_min_of(Activation activation) { return activation == Activation::relu ? 0 : -128; }

  /// All that the three kernels with weights have in common; the weights in the order of the graph.
  template <class K, class N>
  K lower_weighted(const N& node) {
    const std::string user = title(node);
    const QFormat in = input_tensor(node.input).format;
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

  template <class K>
  static void set_window(K& kernel, const Conv2d& node, const Shape& weight) {
    kernel.kernel_h = static_cast<int>(weight[2]);
    kernel.kernel_w = static_cast<int>(weight[3]);
    kernel.stride_h = static_cast<int>(node.strides[0]);
    kernel.stride_w = static_cast<int>(node.strides[1]);
    kernel.dilation_h = static_cast<int>(node.dilations[0]);
    kernel.dilation_w = static_cast<int>(node.dilations[1]);
    kernel.pad_top = static_cast<int>(node.pads[0]);
    kernel.pad_left = static_cast<int>(node.pads[1]);
  }

  void lower_node(const Conv2d& node) {
    const std::int64_t in_channels = graph_.shape(node.input)[1];
    const Shape& weight = graph_.shape(node.weight);
    if (node.groups == 1) {
      auto kernel = lower_weighted<Conv2dKernel>(node);
      set_window(kernel, node, weight);
      kernel.weights = conv_weights(kernel.weights, weight[0], weight[1], weight[2] * weight[3]);
      prove_int32(accumulator_bound(kernel), title(node));
      program_.kernels.push_back(std::move(kernel));
    } else if (node.groups == in_channels) {
      auto kernel = lower_weighted<DepthwiseConv2dKernel>(node);
      set_window(kernel, node, weight);
      kernel.weights = depthwise_weights(kernel.weights, weight[0], weight[2] * weight[3]);
      prove_int32(accumulator_bound(kernel), title(node));
      program_.kernels.push_back(std::move(kernel));
    } else {
      fail_data("{}: {} groups of {} input channels have no kernel; only 1 group or one per channel (depthwise) have", title(node),
                node.groups, in_channels);
    }
  }

  void lower_node(const FullyConnected& node) {
    const ProgramTensor in = input_tensor(node.input);
    auto kernel = lower_weighted<FullyConnectedKernel>(node);
    kernel.weights = fully_connected_weights(kernel.weights, graph_.shape(node.weight)[0], in.channels, std::int64_t{in.height} * in.width);
    prove_int32(accumulator_bound(kernel), title(node));
    program_.kernels.push_back(std::move(kernel));
  }

  // ---- Operators without weights ----

  void lower_node(const AveragePool2d& node) {
    AveragePool2dKernel kernel;
    kernel.name = kernel_names_.take(node.name, "average_pool");
    kernel.input = tensor_of(node.input);
    kernel.output = add_tensor(node.output, title(node));
    kernel.kernel_h = static_cast<int>(node.kernel[0]);
    kernel.kernel_w = static_cast<int>(node.kernel[1]);
    kernel.stride_h = static_cast<int>(node.strides[0]);
    kernel.stride_w = static_cast<int>(node.strides[1]);
    kernel.pad_top = static_cast<int>(node.pads[0]);
    kernel.pad_left = static_cast<int>(node.pads[1]);
    const UnaryShift shift = unary_shift(program_.tensor(kernel.input).format, program_.tensor(kernel.output).format);
    kernel.left_shift = shift.left;
    kernel.right_shift = shift.right;
    prove_int32(kernel, title(node));
    program_.kernels.push_back(std::move(kernel));
  }

  void add_requantize(const std::string& name, ValueId input, ValueId output, QFormat format, std::int8_t clip_min) {
    RequantizeKernel kernel{.name = kernel_names_.take(name, "requantize"), .input = tensor_of(input), .clip_min = clip_min};
    const UnaryShift shift = unary_shift(program_.tensor(kernel.input).format, format);
    kernel.left_shift = shift.left;
    kernel.right_shift = shift.right;
    kernel.output = add_tensor_like(input, output, format);
    program_.kernels.push_back(std::move(kernel));
  }

  void lower_node(const Relu& node) {
    add_requantize(node.name, node.input, node.output, format_8_bit(node.output, title(node)), clip_min_of(Activation::relu));
  }

  void lower_node(const Flatten& node) {
    const QFormat in = input_tensor(node.input).format;
    const bool has_own_format = quantization_->format_of(node.output).has_value();
    const QFormat out = has_own_format ? format_8_bit(node.output, title(node)) : in;
    if (out == in) {
      tensors_[node.output] = tensor_of(node.input);
    } else {
      add_requantize(node.name, node.input, node.output, out, -128);
    }
  }

  void add_softmax(const std::string& name, TensorId input, TensorId output) {
    program_.kernels.push_back(SoftmaxKernel{.name = kernel_names_.take(name, "softmax"),
                                             .input = input,
                                             .output = output,
                                             .exp_table = exp_table(program_.tensor(input).format)});
  }

  void lower_node(const Softmax& node) {
    const Shape& shape = graph_.shape(node.input);
    if (element_count(shape) != shape.back() || shape.back() > kMaxSoftmaxCount) {
      fail_data("{}: its input {} has shape {}; its kernel works on one row of at most {} values", title(node),
                graph_.value(node.input).name, to_string(shape), kMaxSoftmaxCount);
    }
    const QFormat format = quantization_->format_of(node.output).value_or(kScoresFormat);
    if (format != kScoresFormat) {
      fail_data("{}: its output {} has the format {}; the kernel writes {}", title(node), graph_.value(node.output).name, format.name(),
                kScoresFormat.name());
    }
    const TensorId output = add_tensor_like(node.input, node.output, kScoresFormat);
    add_softmax(node.name, tensor_of(node.input), output);
  }

  template <class N>
  [[noreturn]] void lower_node(const N& node) {
    fail_data("{}: has no integer kernel; the passes that prepare a graph for inference remove it", title(node));
  }

  // ---- The end ----

  void set_outputs() {
    program_.output = program_.logits = tensor_of(graph_.output);
    const auto* last = program_.kernels.empty() ? nullptr : std::get_if<SoftmaxKernel>(&program_.kernels.back());
    if (last != nullptr && last->output == program_.output) {
      program_.logits = last->input;
    } else if (options_.adds_softmax) {
      append_softmax();
    }
    const ProgramTensor& logits = program_.tensor(program_.logits);
    if (logits.channels > 1 && logits.height * logits.width > 1) {
      fail_data("the output {} has {} channels of {}x{}; a classifier's output, one row of values, is needed",
                graph_.value(graph_.output).name, logits.channels, logits.height, logits.width);
    }
  }

  void append_softmax() {
    ProgramTensor scores = program_.tensor(program_.logits);
    scores.format = kScoresFormat;
    if (scores.size_bytes() > kMaxSoftmaxCount) {
      fail_data("the output {} has {} values; softmax takes at most {}", graph_.value(graph_.output).name, scores.size_bytes(),
                kMaxSoftmaxCount);
    }
    program_.output = add_tensor(std::move(scores), "scores");
    add_softmax("softmax", program_.logits, program_.output);
  }

  const Graph& graph_;
  const LowerOptions& options_;
  const Quantization* quantization_ = nullptr;
  Program program_;
  std::map<ValueId, TensorId> tensors_;
  Identifiers kernel_names_;  ///< of kernels and their constants
  Identifiers tensor_names_;
};

}  // namespace

Program lower(const Model& model, const LowerOptions& options) { return Lowering(model, options).run(); }

}  // namespace qmn
