// SPDX-License-Identifier: Apache-2.0
// import/operators_movement.cpp   Operators that move numbers without changing them.
#include "import/operators.h"

#include "base/error.h"
#include "graph/shape_rules.h"

#include <algorithm>
#include <numeric>

namespace qmn {
namespace {

using Infos = std::vector<ValueInfo>;
using Tensors = std::vector<DraftTensor>;

Infos like_input(const OperatorCall& call, Shape shape) { return {{call.input(0).type, std::move(shape), nullptr}}; }

Tensors reshaped(const OperatorCall& call, const Infos& out) { return {DraftTensor{out[0].type, out[0].shape, call.constant(0).numbers}}; }

Infos reshape_shape(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const std::vector<std::int64_t> target = call.constant_integers(1);
  const bool copies_zero = call.node.integer("allowzero", 0) == 0;
  constexpr std::size_t kMaxRank = 6;
  if (target.size() > kMaxRank) fail_data("{}: {} dimensions (at most {})", call.node.title(), target.size(), kMaxRank);
  Shape out;
  std::int64_t known = 1;
  for (std::size_t i = 0; i < target.size(); ++i) {
    std::int64_t extent = target[i];
    if (extent == 0 && copies_zero) {
      if (i >= in.size()) fail_data("{}: it copies dimension {} of the shape {}", call.node.title(), i, to_string(in));
      extent = in[i];
    }
    if (extent < -1 || extent > kMaxElements) fail_data("{}: a Reshape to an extent of {}", call.node.title(), extent);
    if (extent != -1) known *= extent;
    if (known > kMaxElements) fail_data("{}: a Reshape to more than {} elements", call.node.title(), kMaxElements);
    out.push_back(extent);
  }
  const std::int64_t count = element_count(in), unknown = std::count(out.begin(), out.end(), -1);
  if (unknown > 1) fail_data("{}: a Reshape with more than one -1", call.node.title());
  if (unknown == 1 && known > 0) std::replace(out.begin(), out.end(), std::int64_t{-1}, count / known);
  if (std::count(out.begin(), out.end(), -1) > 0 || element_count(out) != count)
    fail_data("{}: a Reshape of {} to {} (a batch that is written into the shape? export with a batch of 1 or -1)", call.node.title(), to_string(in),
              to_string(target));
  return like_input(call, out);
}

Infos flatten_shape(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const std::int64_t axis = call.node.integer("axis", 1), rank = static_cast<std::int64_t>(in.size());
  if (axis < -rank || axis > rank) fail_data("{}: axis {} of {} dimensions", call.node.title(), axis, rank);
  const auto split = in.begin() + (axis < 0 ? axis + rank : axis);
  return like_input(call, {element_count({in.begin(), split}), element_count({split, in.end()})});
}

Infos squeeze_shape(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const bool is_given = call.has(1) || call.node.attributes.contains("axes");
  const std::vector<std::size_t> axes = call.axes(1, in.size());
  Shape out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool is_named = std::binary_search(axes.begin(), axes.end(), i);
    if (is_named && is_given && in[i] != 1) fail_data("{}: dimension {} of {} is not 1", call.node.title(), i, to_string(in));
    if (!is_named || in[i] != 1) out.push_back(in[i]);
  }
  return like_input(call, out);
}

Infos unsqueeze_shape(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  if (!call.has(1) && !call.node.attributes.contains("axes")) fail_data("{}: its axes are missing", call.node.title());
  const std::size_t added = call.has(1) ? call.constant_integers(1).size() : call.node.integers("axes", {}).size();
  constexpr std::size_t kMaxRank = 6;
  if (in.size() + added > kMaxRank) fail_data("{}: {} dimensions (at most {})", call.node.title(), in.size() + added, kMaxRank);
  const std::vector<std::size_t> axes = call.axes(1, in.size() + added);
  Shape out;
  for (std::size_t i = 0, next = 0; i < in.size() + added; ++i) out.push_back(std::binary_search(axes.begin(), axes.end(), i) ? 1 : in[next++]);
  return like_input(call, out);
}

std::vector<std::size_t> perm_of(const OperatorCall& call) {
  const std::size_t rank = call.rank(0);
  std::vector<std::int64_t> reversed;
  for (std::size_t i = rank; i-- > 0;) reversed.push_back(static_cast<std::int64_t>(i));
  std::vector<std::size_t> perm;
  for (std::int64_t axis : call.has(1) ? call.constant_integers(1) : call.node.integers("perm", reversed)) perm.push_back(call.axis(axis, rank));
  std::vector<std::size_t> sorted = perm, all(rank);
  std::sort(sorted.begin(), sorted.end());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (sorted != all) fail_data("{}: its perm is no order of {} dimensions", call.node.title(), rank);
  return perm;
}

Infos transpose_shape(const OperatorCall& call) { return like_input(call, permuted(call.shape(0), perm_of(call))); }
Tensors transpose(const OperatorCall& call, const Infos&) { return {transposed(call.constant(0), perm_of(call))}; }

Infos expand_shape(const OperatorCall& call) {
  Shape target = call.constant_integers(1);
  std::int64_t count = 1;
  for (std::int64_t extent : target) {
    if (extent < 0 || extent > kMaxElements || (count *= extent) > kMaxElements)
      fail_data("{}: a shape of more than {} elements or a negative extent", call.node.title(), kMaxElements);
  }
  const Shape out = broadcast(call, call.shape(0), target);
  if (out.size() > 6) fail_data("{}: {} dimensions (at most 6)", call.node.title(), out.size());
  return like_input(call, out);
}
Tensors expand(const OperatorCall& call, const Infos& out) { return {broadcast_to(call.constant(0), out[0].shape)}; }

Infos concat_shape(const OperatorCall& call) {
  if (!call.node.attributes.contains("axis")) fail_data("{}: its attribute axis is missing", call.node.title());
  Shape out = call.shape(0);
  const std::size_t axis = call.axis(call.node.integer("axis", 0), out.size());
  for (std::size_t i = 1; i < call.in.size(); ++i) {
    Shape part = call.shape(i);
    if (part.size() != out.size()) fail_data("{}: the shapes {} and {} do not fit", call.node.title(), to_string(out), to_string(part));
    out[axis] += part[axis];
    part[axis] = out[axis];
    if (part != out) fail_data("{}: the shapes {} and {} do not fit along axis {}", call.node.title(), to_string(out), to_string(call.shape(i)), axis);
  }
  return like_input(call, out);
}

Tensors concat(const OperatorCall& call, const Infos& out) {
  DraftTensor result{out[0].type, out[0].shape, {}};
  const std::size_t axis = call.axis(call.node.integer("axis", 0), out[0].shape.size());
  const auto outer = static_cast<std::size_t>(element_count({out[0].shape.begin(), out[0].shape.begin() + static_cast<std::ptrdiff_t>(axis)}));
  for (std::size_t i = 0; i < outer; ++i) {
    for (std::size_t k = 0; k < call.in.size(); ++k) {
      const std::vector<double>& part = call.constant(k).numbers;
      const std::size_t length = part.size() / outer;
      result.numbers.insert(result.numbers.end(), part.begin() + static_cast<std::ptrdiff_t>(i * length), part.begin() + static_cast<std::ptrdiff_t>((i + 1) * length));
    }
  }
  return {std::move(result)};
}

Infos pad_shape(const OperatorCall& call) {
  const std::vector<std::int64_t> pads = call.has(1) ? call.constant_integers(1) : call.node.integers("pads", {});
  const Shape& in = call.shape(0);
  if (pads.size() != 2 * in.size()) fail_data("{}: {} pads for {} dimensions", call.node.title(), pads.size(), in.size());
  Shape out = in;
  for (std::size_t i = 0; i < in.size(); ++i) {
    for (std::int64_t pad : {pads[i], pads[in.size() + i]}) {
      if (pad < -kMaxElements || pad > kMaxElements) fail_data("{}: a pad of {}", call.node.title(), pad);
      out[i] += pad;
    }
    if (out[i] < 0) fail_data("{}: its pads leave nothing of {}", call.node.title(), to_string(in));
  }
  return like_input(call, out);
}

}  // namespace

void add_movement_operators(OperatorTable& table) {
  table.insert({{"Concat", {concat_shape, concat, 1, kAnyCount}},
                {"Expand", {expand_shape, expand, 2, 2}},
                {"Flatten", {flatten_shape, reshaped}},
                {"Pad", {pad_shape, nullptr, 1, 4}},
                {"Reshape", {reshape_shape, reshaped, 2, 2}},
                {"Squeeze", {squeeze_shape, reshaped, 1, 2}},
                {"Transpose", {transpose_shape, transpose, 1, 2}},
                {"Unsqueeze", {unsqueeze_shape, reshaped, 1, 2}}});
}

}  // namespace qmn
