// SPDX-License-Identifier: Apache-2.0
#include "import/stored_value.h"

#include "import/operators.h"

#include <algorithm>

namespace qmn {

Shape StoredValue::logical_shape() const {
  Shape out;
  for (const auto& group : groups) {
    std::int64_t extent = 1;
    for (std::size_t axis : group) extent *= shape[axis];
    out.push_back(extent);
  }
  return out;
}

std::optional<std::size_t> StoredValue::sole_axis(std::size_t i) const {
  return groups[i].size() == 1 ? std::optional(groups[i].front()) : std::nullopt;
}

std::vector<std::size_t> StoredValue::order() const {
  std::vector<std::size_t> out;
  for (const auto& group : groups) out.insert(out.end(), group.begin(), group.end());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (std::find(out.begin(), out.end(), axis) == out.end()) out.push_back(axis);
  }
  return out;
}

bool StoredValue::is_permuted() const {
  if (!std::is_sorted(columns.begin(), columns.end())) return true;
  std::vector<std::size_t> walked;
  for (std::size_t axis : order()) {
    if (shape[axis] != 1) walked.push_back(axis);
  }
  return !std::is_sorted(walked.begin(), walked.end());
}

std::vector<std::size_t> column_places(const StoredValue& rows) {
  if (!rows.columns.empty()) return rows.columns;
  std::vector<std::size_t> places{0};
  const std::vector<std::int64_t> strides = row_major_strides(rows.shape);
  for (std::size_t axis : rows.groups.at(1)) {
    std::vector<std::size_t> finer;
    for (std::size_t place : places) {
      for (std::int64_t i = 0; i < rows.shape[axis]; ++i) finer.push_back(place + static_cast<std::size_t>(i * strides[axis]));
    }
    places = std::move(finer);
  }
  return places;
}

StoredValue plain_value(const std::string& name, const Shape& shape) {
  StoredValue value{name, shape, {}, {}};
  for (std::size_t i = 0; i < shape.size(); ++i) value.groups.push_back({i});
  return value;
}

std::optional<StoredValue> regrouped(const StoredValue& value, const Shape& shape) {
  std::vector<std::size_t> walk;  // the stored axes that hold more than one element, in order
  for (const auto& group : value.groups) {
    std::copy_if(group.begin(), group.end(), std::back_inserter(walk), [&](std::size_t axis) { return value.shape[axis] != 1; });
  }
  if (!value.columns.empty()) return value.logical_shape() == shape ? std::optional(value) : std::nullopt;
  StoredValue out{value.name, value.shape, AxisGroups(shape.size()), {}};
  auto next = walk.begin();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    std::int64_t extent = 1;
    while (extent < shape[i] && next != walk.end()) {
      extent *= value.shape[*next];
      out.groups[i].push_back(*next++);
    }
    if (extent != shape[i]) return std::nullopt;
  }
  if (next != walk.end()) return std::nullopt;
  // The batch, stored axis 0 of extent 1, keeps its place where that is possible.
  for (std::size_t i = 0; i < value.groups.size() && i < shape.size(); ++i) {
    const auto& group = value.groups[i];
    if (std::find(group.begin(), group.end(), std::size_t{0}) != group.end() && shape[i] == 1 && out.groups[i].empty()) out.groups[i] = {0};
  }
  return out;
}

DraftTensor laid_out_like(const StoredValue& value, const DraftTensor& constant) {
  // Merged axes are split again, axes that no stored one stands behind fall away, and the rest is brought into the stored order.
  const Shape logical = value.logical_shape();
  Shape wide = constant.shape, split;
  std::vector<std::size_t> split_axes;
  for (std::size_t i = 0; i < value.groups.size(); ++i) {
    const bool is_spread = constant.shape[i] == 1;
    if (!is_spread) wide[i] = logical[i];
    for (std::size_t axis : value.groups[i]) {
      split.push_back(is_spread ? 1 : value.shape[axis]);
      split_axes.push_back(axis);
    }
  }
  DraftTensor apart{constant.type, split, broadcast_to(constant, wide).numbers};
  if (!value.columns.empty() && constant.shape[1] != 1) {
    const std::vector<double> numbers = apart.numbers;
    for (std::size_t k = 0; k < numbers.size(); ++k) apart.numbers[value.columns[k]] = numbers[k];
  }
  std::vector<std::size_t> perm;
  Shape shape(value.shape.size(), 1);
  for (std::size_t axis = 0; axis < value.shape.size(); ++axis) {
    const auto found = std::find(split_axes.begin(), split_axes.end(), axis);
    if (found == split_axes.end()) continue;
    perm.push_back(static_cast<std::size_t>(found - split_axes.begin()));
    shape[axis] = split[perm.back()];
  }
  DraftTensor out = transposed(apart, perm);
  out.shape = shape;
  return out;
}

}  // namespace qmn
