// SPDX-License-Identifier: Apache-2.0
// import/operators_reduction.cpp   Many numbers in, one out.
#include "import/operators.h"

#include "base/error.h"

#include <algorithm>

namespace qmn {
namespace {

using Infos = std::vector<ValueInfo>;
using Tensors = std::vector<DraftTensor>;

Infos reduced_shape(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const std::vector<std::size_t> axes = call.axes(1, in.size());
  const bool keeps = call.node.integer("keepdims", 1) != 0;
  Shape out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool is_reduced = std::binary_search(axes.begin(), axes.end(), i);
    if (!is_reduced) out.push_back(in[i]);
    else if (keeps) out.push_back(1);
  }
  return {{call.input(0).type, out, nullptr}};
}

double sum(double a, double b) { return a + b; }
double product(double a, double b) { return a * b; }
double larger(double a, double b) { return std::max(a, b); }
double smaller(double a, double b) { return std::min(a, b); }

/// Folds the reduced axes, moved behind the others, with `function`.
template <double (*function)(double, double)>
Tensors reduce(const OperatorCall& call, const Infos& out) {
  const DraftTensor& in = call.constant(0);
  const std::vector<std::size_t> axes = call.axes(1, in.shape.size());
  std::vector<std::size_t> perm;
  for (std::size_t i = 0; i < in.shape.size(); ++i) {
    if (!std::binary_search(axes.begin(), axes.end(), i)) perm.push_back(i);
  }
  perm.insert(perm.end(), axes.begin(), axes.end());
  const std::vector<double> numbers = transposed(in, perm).numbers;
  DraftTensor result{out[0].type, out[0].shape, {}};
  const auto count = static_cast<std::size_t>(element_count(out[0].shape));
  if (numbers.empty() || count == 0) fail_data("{}: a reduction of nothing", call.node.title());
  const std::size_t length = numbers.size() / count;
  for (std::size_t i = 0; i < count; ++i) {
    double folded = numbers[i * length];
    for (std::size_t k = 1; k < length; ++k) folded = function(folded, numbers[i * length + k]);
    result.numbers.push_back(call.node.op == "ReduceMean" ? folded / static_cast<double>(length) : folded);
  }
  return {std::move(result)};
}

}  // namespace

void add_reduction_operators(OperatorTable& table) {
  table.insert({{"ReduceMax", {reduced_shape, reduce<larger>, 1, 2}},
                {"ReduceMean", {reduced_shape, reduce<sum>, 1, 2}},
                {"ReduceMin", {reduced_shape, reduce<smaller>, 1, 2}},
                {"ReduceProd", {reduced_shape, reduce<product>, 1, 2}},
                {"ReduceSum", {reduced_shape, reduce<sum>, 1, 2}}});
}

}  // namespace qmn
