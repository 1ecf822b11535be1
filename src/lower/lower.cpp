// SPDX-License-Identifier: Apache-2.0
// lower/lower.cpp   Node by node:
//   Conv, Gemm                       lower_weighted.cpp
//   Add … Tanh, Clip, Concat, Slice  lower_elementwise.cpp
//   Scan                             lower_scan.cpp
//   AveragePool, MaxPool             average_pool2d, max_pool2d
//   Relu                             requantize with clip_min 0
//   Flatten                          nothing: its output is its input's tensor (requantize, if the formats differ)
//   Softmax                          softmax; the end of a graph of classes without one gets it by LowerOptions::adds_softmax
#include "lower/lower.h"

#include "lower/accumulator_bound.h"
#include "lower/lowering.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr QFormat kScoresFormat{8, 7};
constexpr std::int64_t kMaxSoftmaxCount = 65535;
constexpr int kMaxRequantizeLeftShift = 22;
constexpr int kMaxCopyLeftShift = 15;

/// floor(32768 · e^(-d · stride steps) + 0.5), d = 0 … 255
std::vector<std::uint16_t> exp_table(QFormat in, int stride = 1) {
  std::vector<std::uint16_t> table;
  for (int d = 0; d < 256; ++d) table.push_back(static_cast<std::uint16_t>(std::floor(32768 * std::exp(-dequantize(d * stride, in)) + 0.5)));
  return table;
}

std::vector<std::uint16_t> coarse_exp_table(QFormat in) {
  std::vector<std::uint16_t> table = exp_table(in, 256);
  while (table.back() == 0) table.pop_back();
  return table;
}

}  // namespace

UnaryShift unary_shift(QFormat in, QFormat out) {
  const int shift = requantize_shift(in, out);
  const int max_left = in.total_bits == 8 && out.total_bits == 8 ? kMaxRequantizeLeftShift : kMaxCopyLeftShift;
  return {.left = std::clamp(-shift, 0, max_left), .right = std::clamp(shift, 0, kMaxOutShift)};
}

Lowering::Lowering(const Model& model, const LowerOptions& options) : graph_(model.graph), options_(options) {
  verify(graph_);
  if (!model.quantization) fail_data("the model {} is not quantized: no value has a fixed-point format; quantize it first", graph_.name);
  quantization_ = &*model.quantization;
  verify(graph_, *quantization_);
  program_.name = c_identifier(graph_.name, "net");
  program_.metadata = model.metadata;
}

Program Lowering::run() {
  program_.input = add_tensor(graph_.input, fmt::format("the input {}", graph_.value(graph_.input).name));
  lower_nodes(graph_.nodes);
  set_outputs();
  return std::move(program_);
}

void Lowering::lower_nodes(const std::vector<Node>& nodes) {
  for (const Node& node : nodes) std::visit([&](const auto& n) { lower_node(n); }, node);
}

void Lowering::fail_unknown(const std::string& user) {
  fail_data("{}: has no integer kernel; the passes that prepare a graph for inference remove it", user);
}

RawRange raw_range(QFormat format, Activation activation) {
  RawRange range{static_cast<std::int16_t>(format.raw_min()), static_cast<std::int16_t>(format.raw_max())};
  if (activation != Activation::none) range.min = 0;
  if (activation == Activation::relu6) range.max = static_cast<std::int16_t>(quantize(6.0, format));
  return range;
}

// ---- Values and formats ----

QFormat Lowering::format_of(ValueId id, const std::string& user) const {
  const std::optional<QFormat> format = quantization_->format_of(id);
  if (!format) fail_data("{}: the value {} has no fixed-point format; quantize it, it is float now", user, graph_.value(id).name);
  return *format;
}

QFormat Lowering::format_8_bit(ValueId id, const std::string& user) const {
  const QFormat format = format_of(id, user);
  if (format.total_bits != 8) {
    fail_data("{}: the value {} has {} bits; its kernel takes 8", user, graph_.value(id).name, format.total_bits);
  }
  return format;
}

QFormat Lowering::activation_format(ValueId id, const std::string& user) const {
  const QFormat format = format_of(id, user);
  if (format.total_bits != 8 && format.total_bits != 16) {
    fail_data("{}: the value {} has {} bits; activations have 8 or 16", user, graph_.value(id).name, format.total_bits);
  }
  return format;
}

const ProgramTensor& Lowering::input_8_bit(ValueId id, const std::string& user) const {
  const ProgramTensor& tensor = input_tensor(id);
  if (tensor.format.total_bits != 8) {
    fail_data("{}: its input {} has {} bits; its kernel reads 8", user, graph_.value(id).name, tensor.format.total_bits);
  }
  return tensor;
}

TensorId Lowering::add_tensor(ProgramTensor tensor, std::string_view name, ValueOrder order) {
  tensor.name = tensor_names_.take(name, "tensor");
  program_.tensors.push_back(std::move(tensor));
  const auto id = static_cast<TensorId>(program_.tensors.size()) - 1;
  orders_.emplace(id, std::move(order));
  return id;
}

TensorId Lowering::add_tensor(ValueId id, const std::string& user, QFormat format, const ValueOrder& order) {
  const Shape& shape = graph_.shape(id);
  ProgramTensor tensor;
  tensor.format = format;
  const auto extent = [&](std::size_t axis) { return static_cast<int>(shape.at(axis)); };
  switch (shape.size()) {
    case 2:
      tensor.channels = extent(1);
      break;
    case 3:
      tensor.height = extent(1);
      tensor.width = extent(2);
      break;
    case 4:
      tensor.channels = extent(1);
      tensor.height = extent(2);
      tensor.width = extent(3);
      break;
    default:
      fail_data("{}: {} has shape {}; kernels work on 1xCxHxW, 1xTxN or 1xN", user, graph_.value(id).name, to_string(shape));
  }
  ValueOrder own = shape.size() == 4 ? nhwc_order(shape) : order.empty() ? identity_order(element_count(shape)) : order;
  if (shape.size() == 4 && !order.empty() && order != own) {
    fail_data("{}: {} of shape {} would not lie channel by channel, as kernels read images; flatten it", user, graph_.value(id).name,
              to_string(shape));
  }
  return tensors_[id] = add_tensor(std::move(tensor), graph_.value(id).name, std::move(own));
}

TensorId Lowering::add_tensor_like(ValueId like, ValueId id, QFormat format) {
  ProgramTensor tensor = input_tensor(like);
  tensor.format = format;
  return tensors_[id] = add_tensor(std::move(tensor), graph_.value(id).name, order_of(like));
}

// ---- Operators without weights ----

template <class K, class N>
K Lowering::lower_pool(const N& node) {
  K kernel;
  kernel.name = kernel_names_.take(node.name, "pool");
  kernel.input = tensor_of(node.input);
  const QFormat in = input_tensor(node.input).format;
  kernel.output = add_tensor(node.output, title(node));
  kernel.kernel_h = static_cast<int>(node.kernel[0]);
  kernel.kernel_w = static_cast<int>(node.kernel[1]);
  kernel.stride_h = static_cast<int>(node.strides[0]);
  kernel.stride_w = static_cast<int>(node.strides[1]);
  kernel.pad_top = static_cast<int>(node.pads[0]);
  kernel.pad_left = static_cast<int>(node.pads[1]);
  const UnaryShift shift = unary_shift(in, program_.tensor(kernel.output).format);
  kernel.left_shift = shift.left;
  kernel.right_shift = shift.right;
  return kernel;
}

void Lowering::lower_node(const AveragePool2d& node) {
  auto kernel = lower_pool<AveragePool2dKernel>(node);
  const RawRange range = raw_range(program_.tensor(kernel.output).format);
  kernel.clip_min = range.min;
  kernel.clip_max = range.max;
  prove_int32(kernel, input_tensor(node.input).format, title(node));
  push(std::move(kernel));
}

void Lowering::lower_node(const MaxPool2d& node) {
  input_8_bit(node.input, title(node));
  format_8_bit(node.output, title(node));
  push(lower_pool<MaxPool2dKernel>(node));
}

void Lowering::add_requantize(const std::string& name, ValueId input, ValueId output, QFormat format, RawRange clip) {
  const TensorId in = tensor_of(input);
  const UnaryShift shift = unary_shift(input_tensor(input).format, format);
  const TensorId out = add_tensor_like(input, output, format);
  if (program_.tensor(in).format.total_bits == 8 && format.total_bits == 8) {
    push(RequantizeKernel{.name = kernel_names_.take(name, "requantize"), .input = in, .output = out, .left_shift = shift.left,
                          .right_shift = shift.right, .clip_min = static_cast<std::int8_t>(clip.min), .clip_max = static_cast<std::int8_t>(clip.max)});
    return;
  }
  const int count = program_.tensor(in).value_count();
  push(CopyKernel{kernel_names_.take(name, "requantize"), in, out,
                  CopyRows{.row_count = count, .in_step = count, .out_step = count, .left_shift = shift.left, .right_shift = shift.right}, clip});
}

void Lowering::lower_node(const Relu& node) {
  const QFormat format = activation_format(node.output, title(node));
  add_requantize(node.name, node.input, node.output, format, raw_range(format, Activation::relu));
}

void Lowering::lower_node(const Flatten& node) {
  const QFormat in = input_tensor(node.input).format;
  const bool has_own_format = quantization_->format_of(node.output).has_value();
  const QFormat out = has_own_format ? activation_format(node.output, title(node)) : in;
  if (out == in) {
    tensors_[node.output] = tensor_of(node.input);
  } else {
    add_requantize(node.name, node.input, node.output, out, raw_range(out));
  }
}

void Lowering::add_softmax(const std::string& name, TensorId input, TensorId output) {
  const QFormat in = program_.tensor(input).format;
  push(SoftmaxKernel{.name = kernel_names_.take(name, "softmax"),
                     .input = input,
                     .output = output,
                     .exp_table = exp_table(in),
                     .coarse_exp_table = in.total_bits == 16 ? coarse_exp_table(in) : std::vector<std::uint16_t>{}});
}

void Lowering::lower_node(const Softmax& node) {
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

// ---- The end ----

void Lowering::set_outputs() {
  program_.output = program_.logits = tensor_of(graph_.output);
  const auto* last = program_.kernels.empty() ? nullptr : std::get_if<SoftmaxKernel>(&program_.kernels.back());
  if (last != nullptr && last->output == program_.output) {
    program_.logits = last->input;
  } else if (options_.adds_softmax && program_.metadata.outputs != OutputKind::values) {
    append_softmax();
  }
  const ProgramTensor& logits = program_.tensor(program_.logits);
  if (orders_.at(program_.logits) != identity_order(logits.value_count())) {
    fail_data("the output {} has {} channels of {}x{}; one row of values is needed: end the net with a Flatten, a Gemm or a global pool",
              graph_.value(graph_.output).name, logits.channels, logits.height, logits.width);
  }
}

void Lowering::append_softmax() {
  ProgramTensor scores = program_.tensor(program_.logits);
  scores.format = kScoresFormat;
  if (scores.size_bytes() > kMaxSoftmaxCount) {
    fail_data("the output {} has {} values; softmax takes at most {}", graph_.value(graph_.output).name, scores.size_bytes(),
              kMaxSoftmaxCount);
  }
  program_.output = add_tensor(std::move(scores), "scores", orders_.at(program_.logits));
  add_softmax("softmax", program_.logits, program_.output);
}

Program lower(const Model& model, const LowerOptions& options) { return Lowering(model, options).run(); }

}  // namespace qmn
