// SPDX-License-Identifier: Apache-2.0
// import/operators_elementwise.cpp   One number in, one number out: functions, and two numbers in after broadcasting.
#include "import/operators.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

using Infos = std::vector<ValueInfo>;
using Tensors = std::vector<DraftTensor>;

Infos same_shape(const OperatorCall& call) { return {{call.input(0).type, call.shape(0), nullptr}}; }

template <double (*function)(double)>
Tensors map_numbers(const OperatorCall& call, const Infos& out) {
  DraftTensor result = call.constant(0);
  result.type = out[0].type;
  for (double& number : result.numbers) number = function(number);
  return {std::move(result)};
}

double relu(double x) { return x > 0 ? x : 0; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double reciprocal(double x) { return 1 / x; }
double negated(double x) { return -x; }
double square_root(double x) { return std::sqrt(x); }
double exponential(double x) { return std::exp(x); }
double hyperbolic_tangent(double x) { return std::tanh(x); }
double magnitude(double x) { return std::abs(x); }
double rounded_down(double x) { return std::floor(x); }
double rounded_up(double x) { return std::ceil(x); }

Infos broadcast_shape(const OperatorCall& call) {
  Shape shape = call.shape(0);
  for (std::size_t i = 1; i < call.in.size(); ++i) shape = broadcast(call, shape, call.shape(i));
  return {{call.input(0).type, shape, nullptr}};
}

template <double (*function)(double, double)>
Tensors combine(const OperatorCall& call, const Infos& out) {
  DraftTensor result = broadcast_to(call.constant(0), out[0].shape);
  for (std::size_t i = 1; i < call.in.size(); ++i) {
    const DraftTensor other = broadcast_to(call.constant(i), out[0].shape);
    for (std::size_t k = 0; k < result.numbers.size(); ++k) result.numbers[k] = function(result.numbers[k], other.numbers[k]);
  }
  result.type = out[0].type;
  return {std::move(result)};
}

double sum(double a, double b) { return a + b; }
double difference(double a, double b) { return a - b; }
double product(double a, double b) { return a * b; }
double larger(double a, double b) { return std::max(a, b); }
double smaller(double a, double b) { return std::min(a, b); }
double power(double a, double b) { return std::pow(a, b); }

Tensors divide(const OperatorCall& call, const Infos& out) {
  DraftTensor result = broadcast_to(call.constant(0), out[0].shape);
  const DraftTensor divisor = broadcast_to(call.constant(1), out[0].shape);
  for (std::size_t k = 0; k < result.numbers.size(); ++k) {
    if (!result.is_float() && divisor.numbers[k] == 0) fail_data("{}: it divides by zero", call.node.title());
    const double quotient = result.numbers[k] / divisor.numbers[k];
    result.numbers[k] = result.is_float() ? quotient : std::trunc(quotient);
  }
  return {std::move(result)};
}

Infos clip_shape(const OperatorCall& call) {
  call.input(0);
  return same_shape(call);
}

Tensors clip(const OperatorCall& call, const Infos&) {
  DraftTensor result = call.constant(0);
  const double low = call.has(1) ? call.constant(1).numbers.at(0) : -HUGE_VAL, high = call.has(2) ? call.constant(2).numbers.at(0) : HUGE_VAL;
  for (double& number : result.numbers) number = std::min(std::max(number, low), high);
  return {std::move(result)};
}

/// PRelu broadcasts its slope towards the input alone.
Infos slope_shape(const OperatorCall& call) {
  if (broadcast(call, call.shape(0), call.shape(1)) != call.shape(0))
    fail_data("{}: its slope has shape {} for the input {}", call.node.title(), to_string(call.shape(1)), to_string(call.shape(0)));
  return same_shape(call);
}

ElementType type_called(const OperatorCall& call, const std::string& name) {
  for (int i = 0; i <= static_cast<int>(ElementType::boolean); ++i) {
    if (name == element_type_name(static_cast<ElementType>(i))) return static_cast<ElementType>(i);
  }
  fail_data("{}: a cast to {} is not supported", call.node.title(), name);
}

Infos cast_type(const OperatorCall& call) { return {{type_called(call, call.node.text("to", "")), call.shape(0), nullptr}}; }

Tensors cast(const OperatorCall& call, const Infos& out) {
  DraftTensor result = call.constant(0);
  const bool is_to_integer = result.is_float() && out[0].type != ElementType::float32;
  result.type = out[0].type;
  for (double& number : result.numbers) {
    if (result.type == ElementType::boolean) number = number != 0 ? 1 : 0;
    else if (is_to_integer) number = std::trunc(number);
  }
  return {std::move(result)};
}

}  // namespace

void add_elementwise_operators(OperatorTable& table) {
  table.insert({{"Abs", {same_shape, map_numbers<magnitude>}},
                {"Add", {broadcast_shape, combine<sum>, 2, 2}},
                {"Cast", {cast_type, cast}},
                {"Ceil", {same_shape, map_numbers<rounded_up>}},
                {"Clip", {clip_shape, clip, 1, 3}},
                {"Div", {broadcast_shape, divide, 2, 2}},
                {"Elu", {same_shape, nullptr}},
                {"Exp", {same_shape, map_numbers<exponential>}},
                {"Dropout", {same_shape, nullptr, 1, 3}},
                {"Floor", {same_shape, map_numbers<rounded_down>}},
                {"HardSigmoid", {same_shape, nullptr}},
                {"HardSwish", {same_shape, nullptr}},
                {"Identity", {same_shape, nullptr}},
                {"LeakyRelu", {same_shape, nullptr}},
                {"Max", {broadcast_shape, combine<larger>, 1, kAnyCount}},
                {"Min", {broadcast_shape, combine<smaller>, 1, kAnyCount}},
                {"Mul", {broadcast_shape, combine<product>, 2, 2}},
                {"Neg", {same_shape, map_numbers<negated>}},
                {"PRelu", {slope_shape, nullptr, 2, 2}},
                {"Pow", {broadcast_shape, combine<power>, 2, 2}},
                {"Reciprocal", {same_shape, map_numbers<reciprocal>}},
                {"Relu", {same_shape, map_numbers<relu>}},
                {"Sigmoid", {same_shape, map_numbers<sigmoid>}},
                {"Sqrt", {same_shape, map_numbers<square_root>}},
                {"Sub", {broadcast_shape, combine<difference>, 2, 2}},
                {"Sum", {broadcast_shape, combine<sum>, 1, kAnyCount}},
                {"Tanh", {same_shape, map_numbers<hyperbolic_tangent>}}});
}

}  // namespace qmn
