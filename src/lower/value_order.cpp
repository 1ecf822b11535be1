// SPDX-License-Identifier: Apache-2.0
#include "lower/value_order.h"

#include <numeric>

namespace qmn {
namespace {

/// Elements between neighbours along the dimension.
std::int64_t stride_of(const Shape& shape, std::size_t axis) {
  std::int64_t stride = 1;
  for (std::size_t i = axis + 1; i < shape.size(); ++i) stride *= shape[i];
  return stride;
}

}  // namespace

ValueOrder identity_order(std::int64_t count) {
  ValueOrder order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return order;
}

ValueOrder nhwc_order(const Shape& shape) {
  const std::int64_t channels = shape.at(1), pixels = shape.at(2) * shape.at(3);
  ValueOrder order;
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::int64_t c = 0; c < channels; ++c) order.push_back(c * pixels + pixel);
  }
  return order;
}

std::int64_t coordinate(const Shape& shape, std::size_t axis, std::int64_t index) { return index / stride_of(shape, axis) % shape[axis]; }

std::int64_t moved(const Shape& shape, std::size_t axis, std::int64_t index, std::int64_t new_extent, std::int64_t new_coordinate) {
  const std::int64_t stride = stride_of(shape, axis), outer = index / (stride * shape[axis]);
  return (outer * new_extent + new_coordinate) * stride + index % stride;
}

std::optional<PositionRows> as_rows(std::span<const int> positions) {
  PositionRows rows{.first = positions.front(), .rows = 1, .count = 1, .step = 0};
  const auto total = static_cast<int>(positions.size());
  while (rows.count < total && positions[static_cast<std::size_t>(rows.count)] == rows.first + rows.count) ++rows.count;
  if (total % rows.count != 0) return std::nullopt;
  rows.rows = total / rows.count;
  rows.step = rows.rows > 1 ? positions[static_cast<std::size_t>(rows.count)] - rows.first : rows.count;
  for (int i = 0; i < total; ++i) {
    if (positions[static_cast<std::size_t>(i)] != rows.first + i / rows.count * rows.step + i % rows.count) return std::nullopt;
  }
  return rows;
}

Part part_of(const ValueOrder& order, const Shape& shape, std::size_t axis, std::int64_t start, std::int64_t end) {
  Part part;
  for (std::size_t position = 0; position < order.size(); ++position) {
    const std::int64_t at = coordinate(shape, axis, order[position]);
    if (at < start || at >= end) continue;
    part.positions.push_back(static_cast<int>(position));
    part.order.push_back(moved(shape, axis, order[position], end - start, at - start));
  }
  return part;
}

std::optional<ValueOrder> step_order(const ValueOrder& order, const Shape& shape, std::size_t axis) {
  const auto steps = static_cast<std::size_t>(shape[axis]);
  const std::size_t piece_size = order.size() / steps;
  ValueOrder piece;
  for (std::size_t position = 0; position < order.size(); ++position) {
    const std::int64_t index = moved(shape, axis, order[position], 1, 0);
    if (coordinate(shape, axis, order[position]) != static_cast<std::int64_t>(position / piece_size)) return std::nullopt;
    if (position < piece_size) piece.push_back(index);
    if (piece[position % piece_size] != index) return std::nullopt;
  }
  return piece;
}

ValueOrder stacked_order(const ValueOrder& piece, const Shape& whole, std::size_t axis) {
  Shape one = whole;
  one[axis] = 1;
  ValueOrder order;
  for (std::int64_t step = 0; step < whole[axis]; ++step) {
    for (std::int64_t index : piece) order.push_back(moved(one, axis, index, whole[axis], step));
  }
  return order;
}

}  // namespace qmn
