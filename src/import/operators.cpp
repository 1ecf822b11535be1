// SPDX-License-Identifier: Apache-2.0
#include "import/operators.h"

#include "base/check.h"
#include "base/error.h"

#include <algorithm>

namespace qmn {
namespace {

const OperatorTable& table() {
  static const OperatorTable rows = [] {
    OperatorTable made;
    add_elementwise_operators(made);
    add_fixed_point_operators(made);
    add_layer_operators(made);
    add_movement_operators(made);
    add_shape_operators(made);
    add_reduction_operators(made);
    return made;
  }();
  return rows;
}

}  // namespace

const OperatorRow* find_operator(const std::string& op) {
  const auto found = table().find(op);
  return found == table().end() ? nullptr : &found->second;
}

std::vector<std::string> understood_operators() {
  std::vector<std::string> names;
  for (const auto& [op, row] : table()) names.push_back(op);
  return names;
}

const ValueInfo& OperatorCall::input(std::size_t index) const {
  if (!has(index)) fail_data("{}: its input {} is missing", node.title(), index);
  return *in[index];
}

const DraftTensor& OperatorCall::constant(std::size_t index) const {
  const ValueInfo& info = input(index);
  if (!info.constant) fail_data("{}: its input {} is computed, but a constant is needed", node.title(), node.inputs[index]);
  return *info.constant;
}

std::size_t OperatorCall::axis(std::int64_t axis, std::size_t rank) const {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) fail_data("{}: axis {} of {} dimensions", node.title(), axis, rank);
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

std::vector<std::size_t> OperatorCall::axes(std::size_t input_index, std::size_t rank) const {
  std::vector<std::size_t> out;
  const bool is_given = has(input_index) || node.attributes.contains("axes");
  if (!is_given) {
    for (std::size_t i = 0; i < rank; ++i) out.push_back(i);
    return out;
  }
  for (std::int64_t number : has(input_index) ? constant_integers(input_index) : node.integers("axes", {})) out.push_back(axis(number, rank));
  if (out.empty() && node.op.starts_with("Reduce") && node.integer("noop_with_empty_axes", 0) == 0) {
    for (std::size_t i = 0; i < rank; ++i) out.push_back(i);
  }
  std::sort(out.begin(), out.end());
  if (std::adjacent_find(out.begin(), out.end()) != out.end()) fail_data("{}: it names an axis twice", node.title());
  return out;
}

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

DraftTensor strided(const DraftTensor& tensor, const Shape& shape, std::int64_t offset, const std::vector<std::int64_t>& strides) {
  QMN_CHECK(shape.size() == strides.size(), "a stride for each dimension");
  DraftTensor out{tensor.type, shape, {}};
  const std::int64_t count = element_count(shape);
  out.numbers.reserve(static_cast<std::size_t>(count));
  std::vector<std::int64_t> index(shape.size(), 0);
  std::int64_t at = offset;
  for (std::int64_t i = 0; i < count; ++i) {
    out.numbers.push_back(tensor.numbers.at(static_cast<std::size_t>(at)));
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

Shape broadcast(const OperatorCall& call, const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < out.size(); ++i) {  // from the last dimension on
    const std::int64_t of_a = i < a.size() ? a[a.size() - 1 - i] : 1, of_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (of_a != of_b && of_a != 1 && of_b != 1) fail_data("{}: the shapes {} and {} do not fit", call.node.title(), to_string(a), to_string(b));
    out[out.size() - 1 - i] = of_a == 1 ? of_b : of_a;
  }
  return out;
}

DraftTensor broadcast_to(const DraftTensor& tensor, const Shape& shape) {
  const std::vector<std::int64_t> own = row_major_strides(tensor.shape);
  std::vector<std::int64_t> strides(shape.size(), 0);
  const std::size_t skipped = shape.size() - tensor.shape.size();
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (tensor.shape[i] != 1) strides[skipped + i] = own[i];
  }
  return strided(tensor, shape, 0, strides);
}

Shape permuted(const Shape& shape, const std::vector<std::size_t>& perm) {
  Shape out;
  for (std::size_t axis : perm) out.push_back(shape.at(axis));
  return out;
}

DraftTensor transposed(const DraftTensor& tensor, const std::vector<std::size_t>& perm) {
  const std::vector<std::int64_t> own = row_major_strides(tensor.shape);
  std::vector<std::int64_t> strides;
  for (std::size_t axis : perm) strides.push_back(own.at(axis));
  return strided(tensor, permuted(tensor.shape, perm), 0, strides);
}

}  // namespace qmn
