// SPDX-License-Identifier: Apache-2.0
// lower/lower_elementwise.cpp   Value by value, and what only moves values:
//   Add, Sub        → add: both operands and the output at the finest of their fractional bits, rounded once
//   Mul             → mul, out_shift = f(left) + f(right) - f(output)
//   Sigmoid, Tanh   → lookup of 8-bit values, interpolate of 16-bit ones
//   Clip             → requantize (8 bits) or copy to the raw bounds of the output's format
//   Concat, Slice   → concat, copy: rows of values, requantized where formats differ
#include "lower/lowering.h"

#include "lower/accumulator_bound.h"

#include "base/error.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace qmn {
namespace {

/// A factor of 2^bits; 0 beyond int32.
std::int64_t power_of_two(int bits) { return bits <= 30 ? std::int64_t{1} << bits : 0; }

/// The shortest part of the values that, repeated, gives them all; at most `channels` values, else all.
std::vector<std::int16_t> period_of(std::vector<std::int16_t> values, int channels) {
  for (const std::size_t period : {std::size_t{1}, static_cast<std::size_t>(channels)}) {
    bool repeats = values.size() % period == 0;
    for (std::size_t i = period; repeats && i < values.size(); ++i) repeats = values[i] == values[i - period];
    if (repeats) values.resize(period);
    if (repeats) break;
  }
  return values;
}

}  // namespace

/// The constant as the kernel reads it beside the values of `left`: in the order of its tensor, what repeats once.
ProgramConstant Lowering::lower_constant(ValueId constant, ValueId left, const std::string& user) {
  ProgramConstant lowered;
  lowered.name = kernel_names_.take(graph_.value(constant).name, "constant");
  lowered.format = activation_format(constant, user);
  const std::vector<std::int32_t> raw = raw_parameter(graph_, *quantization_, constant);
  const Shape& shape = graph_.shape(left);
  for (std::int64_t index : order_of(left)) {
    const std::int64_t channel = raw.size() == 1 ? 0 : coordinate(shape, 1, index);
    lowered.values.push_back(static_cast<std::int16_t>(raw.at(static_cast<std::size_t>(channel))));
  }
  lowered.values = period_of(std::move(lowered.values), input_tensor(left).channels);
  return lowered;
}

/// What Add, Sub and Mul have in common.
template <class K, class N>
K Lowering::lower_binary(const N& node, QFormat& left, QFormat& right, QFormat& out) {
  const std::string user = title(node);
  K kernel;
  kernel.name = kernel_names_.take(node.name, "sum");
  kernel.left = tensor_of(node.left);
  if (node.constant != kNoValue) {
    kernel.constant = lower_constant(node.constant, node.left, user);
    right = kernel.constant.format;
  } else {
    kernel.right = tensor_of(node.right);
    right = input_tensor(node.right).format;
    if (order_of(node.left) != order_of(node.right)) {
      fail_data("{}: its operands {} and {} lie in memory in different orders, as one of them is an image that was flattened; put the Flatten behind {}",
                user, graph_.value(node.left).name, graph_.value(node.right).name, op_type(Node{node}));
    }
  }
  left = input_tensor(node.left).format;
  out = activation_format(node.output, user);
  kernel.clip = raw_range(out, node.activation);
  kernel.output = add_tensor_like(node.left, node.output, out);
  return kernel;
}

template <class N>
void Lowering::lower_sum(const N& node, int right_sign) {
  QFormat left, right, out;
  auto kernel = lower_binary<AddKernel>(node, left, right, out);
  const int finest = std::max({left.frac_bits, right.frac_bits, out.frac_bits});
  const std::int64_t left_factor = power_of_two(finest - left.frac_bits), right_factor = power_of_two(finest - right.frac_bits);
  kernel.left_factor = static_cast<std::int32_t>(left_factor);
  kernel.right_factor = right_sign * static_cast<std::int32_t>(right_factor);
  kernel.out_shift = finest - out.frac_bits;
  if (left_factor == 0 || right_factor == 0 || kernel.out_shift > kMaxOutShift || largest_sum(program_, kernel) > std::numeric_limits<std::int32_t>::max()) {
    fail_data("{}: the formats of its operands and output ({}, {} and {}) lie so far apart that their sum at the finest could leave 32 bits; bring "
              "them closer together",
              title(node), left.name(), right.name(), out.name());
  }
  push(std::move(kernel));
}

void Lowering::lower_node(const Add& node) { lower_sum(node, 1); }
void Lowering::lower_node(const Sub& node) { lower_sum(node, -1); }

void Lowering::lower_node(const Mul& node) {
  QFormat left, right, out;
  auto kernel = lower_binary<MulKernel>(node, left, right, out);
  kernel.out_shift = out_shift(left, right, out);
  if (kernel.out_shift < 0 || kernel.out_shift > kMaxOutShift) {
    fail_data("{}: out_shift would be {} ({} x {} to {}); it must lie between 0 and {}: give the output {} to {} fractional bits", title(node),
              kernel.out_shift, left.name(), right.name(), out.name(), kMaxOutShift, accumulator_frac_bits(left, right) - kMaxOutShift,
              accumulator_frac_bits(left, right));
  }
  push(std::move(kernel));
}

void Lowering::lower_curve(const std::string& name, Curve curve, ValueId input, ValueId output, const std::string& user) {
  const QFormat in = input_tensor(input).format, out = activation_format(output, user);
  const TensorId in_tensor = tensor_of(input), out_tensor = add_tensor_like(input, output, out);
  if (in.total_bits == 8) {
    push(LookupKernel{kernel_names_.take(name, curve_name(curve)), in_tensor, out_tensor, curve, lookup_table(curve, in, out), out.total_bits});
    return;
  }
  std::optional<InterpolationTable> table = interpolation_table(curve, in, out);
  if (!table) {
    fail_data("{}: its output {} has {} fractional bits, more than the 15 of its table; give it at most 15", user, graph_.value(output).name,
              out.frac_bits);
  }
  push(InterpolateKernel{kernel_names_.take(name, curve_name(curve)), in_tensor, out_tensor, curve, std::move(*table)});
}

void Lowering::lower_node(const Sigmoid& node) { lower_curve(node.name, Curve::sigmoid, node.input, node.output, title(node)); }
void Lowering::lower_node(const Tanh& node) { lower_curve(node.name, Curve::tanh, node.input, node.output, title(node)); }

void Lowering::lower_node(const Clamp& node) {
  const QFormat format = activation_format(node.output, title(node));
  const RawRange range{static_cast<std::int16_t>(quantize(static_cast<double>(node.low), format)),
                       static_cast<std::int16_t>(quantize(static_cast<double>(node.high), format))};
  add_requantize(node.name, node.input, node.output, format, range);
}

void Lowering::lower_node(const Slice& node) {
  const std::string user = title(node);
  const Part part = part_of(order_of(node.input), graph_.shape(node.input), static_cast<std::size_t>(node.axis), node.start, node.end);
  const std::optional<PositionRows> rows = as_rows(part.positions);
  if (!rows) {
    fail_data("{}: the elements {} to {} of dimension {} of {} do not lie in equal rows; slice in front of the Flatten", user, node.start,
              node.end - 1, node.axis, graph_.value(node.input).name);
  }
  const QFormat in = input_tensor(node.input).format, out = activation_format(node.output, user);
  const UnaryShift shift = unary_shift(in, out);
  CopyKernel kernel{kernel_names_.take(node.name, "slice"), tensor_of(node.input), add_tensor(node.output, user, out, part.order), {}, raw_range(out)};
  kernel.copy = {.rows = rows->rows, .row_count = rows->count, .in_first = rows->first, .in_step = rows->step, .out_first = 0, .out_step = rows->count,
                 .left_shift = shift.left, .right_shift = shift.right};
  push(std::move(kernel));
}

void Lowering::lower_node(const Concat& node) {
  const std::string user = title(node);
  const Shape& shape = graph_.shape(node.output);
  const auto axis = static_cast<std::size_t>(node.axis);
  ValueOrder order;  // of the output: that of an image, else the inputs' one behind the other
  std::int64_t start = 0;
  for (ValueId input : node.inputs) {
    const Shape& part = graph_.shape(input);
    for (std::int64_t index : order_of(input)) order.push_back(moved(part, axis, index, shape[axis], start + coordinate(part, axis, index)));
    start += part[axis];
  }
  if (shape.size() == 4) order = nhwc_order(shape);
  const QFormat out = activation_format(node.output, user);
  ConcatKernel kernel{kernel_names_.take(node.name, "concat"), {}, add_tensor(node.output, user, out, order), {}};
  start = 0;
  for (ValueId input : node.inputs) {
    const std::int64_t end = start + graph_.shape(input)[axis];
    const Part part = part_of(order, shape, axis, start, end);
    const std::optional<PositionRows> rows = as_rows(part.positions);
    if (!rows || part.order != order_of(input)) {
      fail_data("{}: the elements of its input {} do not lie in equal rows of its output; concatenate in front of the Flatten", user,
                graph_.value(input).name);
    }
    const UnaryShift shift = unary_shift(input_tensor(input).format, out);
    kernel.inputs.push_back(tensor_of(input));
    kernel.copies.push_back({.rows = rows->rows, .row_count = rows->count, .in_first = 0, .in_step = rows->count, .out_first = rows->first,
                             .out_step = rows->step, .left_shift = shift.left, .right_shift = shift.right});
    start = end;
  }
  push(std::move(kernel));
}

}  // namespace qmn
