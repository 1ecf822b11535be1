// SPDX-License-Identifier: Apache-2.0
// import/operators_shapes.cpp   Pieces of a tensor, and the shape arithmetic that exporters leave in a file.
#include "import/operators.h"

#include "base/error.h"
#include "graph/shape_rules.h"
#include "import/slicing.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

using Infos = std::vector<ValueInfo>;
using Tensors = std::vector<DraftTensor>;

// ---- Shape, Size: known without any number

Infos shape_shape(const OperatorCall& call) {
  if (call.node.attributes.contains("start") || call.node.attributes.contains("end")) fail_data("{}: start and end are not supported", call.node.title());
  return {{ElementType::int64, {static_cast<std::int64_t>(call.rank(0))}, nullptr}};
}
Tensors shape(const OperatorCall& call, const Infos&) { return {integer_vector(call.shape(0))}; }

Infos size_shape(const OperatorCall&) { return {{ElementType::int64, {}, nullptr}}; }
Tensors size(const OperatorCall& call, const Infos&) {
  return {DraftTensor{ElementType::int64, {}, {static_cast<double>(element_count(call.shape(0)))}}};
}

// ---- Slice, Split, Gather

Infos slice_shape(const OperatorCall& call) {
  Shape out;
  for (const AxisSlice& axis : slices_of(call)) out.push_back(axis.count);
  return {{call.input(0).type, out, nullptr}};
}

Tensors slice(const OperatorCall& call, const Infos& out) {
  std::vector<std::int64_t> strides = row_major_strides(call.shape(0));
  std::int64_t offset = 0;
  const std::vector<AxisSlice> axes = slices_of(call);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    offset += axes[i].start * strides[i];
    strides[i] *= axes[i].step;
  }
  return {strided(call.constant(0), out[0].shape, offset, strides)};
}

Infos split_shape(const OperatorCall& call) {
  const std::size_t axis = split_axis(call);
  Infos out;
  for (std::int64_t length : split_lengths(call)) {
    Shape part = call.shape(0);
    part[axis] = length;
    out.push_back({call.input(0).type, part, nullptr});
  }
  return out;
}

Tensors split(const OperatorCall& call, const Infos& out) {
  const std::size_t axis = split_axis(call);
  const std::vector<std::int64_t> strides = row_major_strides(call.shape(0));
  Tensors parts;
  std::int64_t start = 0;
  for (const ValueInfo& part : out) {
    parts.push_back(strided(call.constant(0), part.shape, start * strides[axis], strides));
    start += part.shape[axis];
  }
  return parts;
}

Infos gather_shape(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const std::size_t axis = call.axis(call.node.integer("axis", 0), in.size());
  const DraftTensor& indices = call.constant(1);
  Shape out(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(axis));
  out.insert(out.end(), indices.shape.begin(), indices.shape.end());
  out.insert(out.end(), in.begin() + static_cast<std::ptrdiff_t>(axis) + 1, in.end());
  if (out.size() > 6) fail_data("{}: {} dimensions (at most 6)", call.node.title(), out.size());
  for (std::int64_t index : as_integers(indices)) {
    if (index < -in[axis] || index >= in[axis]) fail_data("{}: index {} of {}", call.node.title(), index, in[axis]);
  }
  return {{call.input(0).type, out, nullptr}};
}

Tensors gather(const OperatorCall& call, const Infos& out) {
  const DraftTensor& data = call.constant(0);
  const std::size_t axis = call.axis(call.node.integer("axis", 0), data.shape.size());
  const std::int64_t inner = row_major_strides(data.shape)[axis], length = data.shape[axis];
  const std::int64_t outer = length * inner == 0 ? 0 : static_cast<std::int64_t>(data.numbers.size()) / (length * inner);
  DraftTensor result{out[0].type, out[0].shape, {}};
  if (outer * inner * static_cast<std::int64_t>(call.constant(1).numbers.size()) > kMaxElements)
    fail_data("{}: more than {} elements", call.node.title(), kMaxElements);
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t index : call.constant_integers(1)) {
      const auto from = data.numbers.begin() + (o * length + (index < 0 ? index + length : index)) * inner;
      result.numbers.insert(result.numbers.end(), from, from + inner);
    }
  }
  return {std::move(result)};
}

// ---- made from numbers

Infos constant_of_shape_shape(const OperatorCall& call) {
  Shape out = call.constant_integers(0);
  std::int64_t count = 1;
  for (std::int64_t extent : out) {
    if (extent < 0 || extent > kMaxElements || (count *= extent) > kMaxElements)
      fail_data("{}: a shape of more than {} elements or a negative extent", call.node.title(), kMaxElements);
  }
  if (out.size() > 6) fail_data("{}: {} dimensions (at most 6)", call.node.title(), out.size());
  const auto value = call.node.attributes.find("value");
  const auto* tensor = value == call.node.attributes.end() ? nullptr : std::get_if<std::shared_ptr<const DraftTensor>>(&value->second);
  return {{tensor == nullptr ? ElementType::float32 : (*tensor)->type, out, nullptr}};
}

Tensors constant_of_shape(const OperatorCall& call, const Infos& out) {
  const auto value = call.node.attributes.find("value");
  const auto* tensor = value == call.node.attributes.end() ? nullptr : std::get_if<std::shared_ptr<const DraftTensor>>(&value->second);
  const double number = tensor == nullptr || (*tensor)->numbers.empty() ? 0 : (*tensor)->numbers[0];
  return {DraftTensor{out[0].type, out[0].shape, std::vector<double>(static_cast<std::size_t>(element_count(out[0].shape)), number)}};
}

std::int64_t range_count(const OperatorCall& call) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (call.constant(i).numbers.size() != 1) fail_data("{}: its input {} is no single number", call.node.title(), i);
  }
  const double start = call.constant(0).numbers[0], limit = call.constant(1).numbers[0], delta = call.constant(2).numbers[0];
  const double count = std::ceil((limit - start) / delta);
  if (!(count <= static_cast<double>(kMaxElements))) fail_data("{}: more than {} elements", call.node.title(), kMaxElements);
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(std::max(count, 0.0)));
}

Infos range_shape(const OperatorCall& call) { return {{call.input(0).type, {range_count(call)}, nullptr}}; }

Tensors range(const OperatorCall& call, const Infos& out) {
  DraftTensor result{out[0].type, out[0].shape, {}};
  for (std::int64_t i = 0; i < out[0].shape[0]; ++i) result.numbers.push_back(call.constant(0).numbers[0] + static_cast<double>(i) * call.constant(2).numbers[0]);
  return {std::move(result)};
}

}  // namespace

void add_shape_operators(OperatorTable& table) {
  table.insert({{"ConstantOfShape", {constant_of_shape_shape, constant_of_shape}},
                {"Gather", {gather_shape, gather, 2, 2}},
                {"Range", {range_shape, range, 3, 3}},
                {"Shape", {shape_shape, shape}},
                {"Size", {size_shape, size}},
                {"Slice", {slice_shape, slice, 3, 5}},
                {"Split", {split_shape, split, 1, 2}}});
}

}  // namespace qmn
