// SPDX-License-Identifier: Apache-2.0
// import/legalize_arithmetic.cpp   Functions, and arithmetic with constants and between activations.
//   layer → Mul(g) → Add(b)      ⇒   layer with w·g and bias·g + b, one number a channel; without a layer before it: Mul and Add
//   x - c, c - x, x / c, -x      ⇒   x + (-c), x·(-1) + c, x·(1/c), x·(-1)
//   Max(0, x), Clip(0, ∞)        ⇒   Relu
//   Softmax at the end           ⇒   nothing: the output of a classifier are its logits
#include "import/legalizer.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qmn {
namespace {

std::vector<double> filled(const std::vector<double>& like, double number) { return std::vector<double>(like.size(), number); }

bool are_all(const std::vector<double>& numbers, double number) {
  return std::all_of(numbers.begin(), numbers.end(), [&](double each) { return each == number; });
}

}  // namespace

std::optional<std::vector<double>> Legalizer::per_channel(const DraftTensor& constant, const Shape& shape) {
  if (shape.size() < 2) return std::nullopt;
  const auto channels = static_cast<std::size_t>(shape[1]);
  if (constant.numbers.size() == 1) return std::vector<double>(channels, constant.numbers[0]);
  if (constant.shape.size() > shape.size() || constant.numbers.size() != channels) return std::nullopt;
  const std::size_t skipped = shape.size() - constant.shape.size();
  for (std::size_t i = 0; i < constant.shape.size(); ++i) {
    if (constant.shape[i] != (i + skipped == 1 ? shape[1] : 1)) return std::nullopt;
  }
  return constant.numbers;
}

std::string Legalizer::channel_constant(const OperatorCall& call, const std::vector<double>& numbers, const Shape& shape) {
  DraftTensor tensor{ElementType::float32, {}, numbers};
  if (are_all(numbers, numbers.at(0))) {
    tensor.numbers.resize(1);
    tensor.shape = {1};
  } else {
    tensor.shape.assign(shape.size() - 1, 1);
    tensor.shape[0] = shape[1];
  }
  return add_constant(output(call) + "/constant", std::move(tensor));
}

bool Legalizer::affine_into(DraftNode& layer, const std::vector<double>& factor, const std::vector<double>& offset) {
  if (layer.op != "Conv" && layer.op != "Gemm") return false;
  if (layer.inputs.size() == 2) {
    const auto channels = static_cast<std::int64_t>(factor.size());
    layer.inputs.push_back(add_constant(layer.name + "/bias", {ElementType::float32, {channels}, filled(factor, 0)}));
  }
  std::vector<double>& weight = out_.constants.at(layer.inputs[1]).numbers;
  std::vector<double>& bias = out_.constants.at(layer.inputs[2]).numbers;
  const std::size_t length = weight.size() / factor.size();
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] *= factor[i / length];
  for (std::size_t c = 0; c < factor.size(); ++c) bias[c] = bias[c] * factor[c] + offset[c];
  return true;
}

void Legalizer::affine(const OperatorCall& call, std::size_t value_index, const std::vector<double>& factor, const std::vector<double>& offset) {
  std::string source = activation(call, value_index);
  DraftNode* producer = sole_producer(source);
  if (producer != nullptr && affine_into(*producer, factor, offset)) return take_over(*producer, call);
  const Shape shape = shape_of(source);
  const bool has_offset = !are_all(offset, 0);
  if (are_all(factor, 1) && !has_offset) return alias(output(call), source);
  if (!has_offset) return emit(call, "Mul", {source, channel_constant(call, factor, shape)}, shape);
  if (!are_all(factor, 1)) source = emit_helper(call, "/scaled", "Mul", {source, channel_constant(call, factor, shape)}, shape);
  emit(call, "Add", {source, channel_constant(call, offset, shape)}, shape);
}

void Legalizer::combine(const OperatorCall& call, const std::string& op) {
  const std::string left = activation(call, 0), right = activation(call, 1);
  if (shape_of(left) != shape_of(right))
    fail_data("{}: activations of shapes {} and {}: only equal shapes are supported", call.node.title(), to_string(shape_of(left)), to_string(shape_of(right)));
  emit(call, op, {left, right}, shape_of(left));
}

namespace {

/// The constant operand of a call with two, and where the other one stands.
struct Operands {
  std::size_t value_index;
  std::vector<double> numbers;
};

/// Nothing when both are activations.
std::optional<Operands> operands(const OperatorCall& call, std::optional<std::vector<double>> (*per_channel)(const DraftTensor&, const Shape&)) {
  if (call.in.size() != 2) fail_data("{}: {} operands: two are supported", call.node.title(), call.in.size());
  const std::size_t constant_index = call.input(0).constant ? 0 : 1;
  if (!call.input(constant_index).constant) return std::nullopt;
  const Shape& shape = call.shape(1 - constant_index);
  const auto numbers = per_channel(call.constant(constant_index), shape);
  if (!numbers)
    fail_data("{}: a constant of shape {} for {}: one number, or one a channel, is supported", call.node.title(), to_string(call.shape(constant_index)), to_string(shape));
  return Operands{1 - constant_index, *numbers};
}

}  // namespace

void Legalizer::legalize_add(const OperatorCall& call) {
  if (call.in.size() == 1) return alias(output(call), activation(call, 0));  // Sum of one
  const auto found = operands(call, per_channel);
  if (!found) return combine(call, "Add");
  affine(call, found->value_index, filled(found->numbers, 1), found->numbers);
}

void Legalizer::legalize_sub(const OperatorCall& call) {
  const auto found = operands(call, per_channel);
  if (!found) return combine(call, "Sub");
  std::vector<double> offset = found->numbers;
  if (found->value_index == 1) return affine(call, 1, filled(offset, -1), offset);
  for (double& number : offset) number = -number;
  affine(call, 0, filled(offset, 1), offset);
}

void Legalizer::legalize_mul(const OperatorCall& call) {
  const auto found = operands(call, per_channel);
  if (!found) return combine(call, "Mul");
  affine(call, found->value_index, found->numbers, filled(found->numbers, 0));
}

void Legalizer::legalize_div(const OperatorCall& call) {
  const auto found = operands(call, per_channel);
  if (!found || found->value_index != 0) fail_data("{}: a division by an activation is not supported", call.node.title());
  std::vector<double> factor = found->numbers;
  for (double& number : factor) number = 1 / number;
  affine(call, 0, factor, filled(factor, 0));
}

void Legalizer::legalize_neg(const OperatorCall& call) {
  if (call.rank(0) < 2) fail_data("{}: its input has shape {}: a channel dimension is needed", call.node.title(), to_string(call.shape(0)));
  const std::vector<double> factor(static_cast<std::size_t>(call.shape(0)[1]), -1);
  affine(call, 0, factor, filled(factor, 0));
}

void Legalizer::clip(const OperatorCall& call, std::size_t value_index, double low, double high) {
  const std::string source = activation(call, value_index);
  const Shape shape = shape_of(source);
  if (std::isnan(low) || std::isnan(high)) fail_data("{}: a bound is no number", call.node.title());
  if (low == 0 && high >= static_cast<double>(std::numeric_limits<float>::max())) return emit(call, "Relu", {source}, shape);
  if (low > high) fail_data("{}: its lower bound {} is above its upper bound {}", call.node.title(), low, high);
  constexpr double kLargest = static_cast<double>(std::numeric_limits<float>::max());
  emit(call, "Clip", {source, add_constant(output(call) + "/low", float_scalar(std::max(low, -kLargest))), add_constant(output(call) + "/high", float_scalar(std::min(high, kLargest)))}, shape);
}

void Legalizer::legalize_clip(const OperatorCall& call) {
  const auto bound = [&](std::size_t index, double otherwise) {
    if (!call.has(index)) return otherwise;
    if (call.constant(index).numbers.size() != 1) fail_data("{}: a bound of shape {}: one number is needed", call.node.title(), to_string(call.shape(index)));
    return call.constant(index).numbers[0];
  };
  clip(call, 0, bound(1, -HUGE_VAL), bound(2, HUGE_VAL));
}

void Legalizer::legalize_bound(const OperatorCall& call) {
  if (call.in.size() == 1) return alias(output(call), activation(call, 0));
  const auto found = operands(call, per_channel);
  if (!found || !are_all(found->numbers, found->numbers.at(0))) fail_data("{}: supported with one constant number alone, as a Clip", call.node.title());
  const double bound = found->numbers[0];
  if (call.node.op == "Max") return clip(call, found->value_index, bound, HUGE_VAL);
  DraftNode* producer = sole_producer(activation(call, found->value_index));  // Min(Max(x, low), high)
  if (producer != nullptr && producer->op == "Relu" && bound >= 0) {
    producer->op = "Clip";
    producer->inputs = {producer->inputs[0], add_constant(output(call) + "/low", float_scalar(0)), add_constant(output(call) + "/high", float_scalar(bound))};
    return take_over(*producer, call);
  }
  clip(call, found->value_index, -HUGE_VAL, bound);
}

void Legalizer::legalize_function(const OperatorCall& call) {
  const std::string source = activation(call, 0);
  emit(call, call.node.op, {source}, shape_of(source));
}

void Legalizer::legalize_softmax(const OperatorCall& call) {
  const std::string source = activation(call, 0);
  const Shape shape = shape_of(source);
  const std::size_t axis = call.axis(call.node.integer("axis", -1), shape.size());
  bool is_over_all = true;
  for (std::size_t i = 0; i < shape.size(); ++i) is_over_all = is_over_all && (i == axis || shape[i] == 1);
  if (is_net_output(output(call)) && is_over_all) {
    notes_.push_back(fmt::format("{}: left out at the end of the net, whose output are the logits", call.node.title()));
    return alias(output(call), source);
  }
  if (axis + 1 != shape.size()) fail_data("{}: over axis {} of {}: only the last one is supported", call.node.title(), axis, to_string(shape));
  emit(call, "Softmax", {source}, shape, {{"axis", std::int64_t{-1}}});
}

}  // namespace qmn
