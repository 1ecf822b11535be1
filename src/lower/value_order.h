// SPDX-License-Identifier: Apache-2.0
// lower/value_order.h   Where the elements of a graph's value lie in a tensor's memory: order[position] = index in the value, row-major and
// without the batch. Images lie channel by channel (NHWC); a Flatten moves nothing, so the rows behind it have an order of their own, which
// copies keep and the columns of a fully connected layer follow.
#pragma once

#include "graph/graph.h"
#include "program/program.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace qmn {

using ValueOrder = std::vector<std::int64_t>;

ValueOrder identity_order(std::int64_t count);
/// Of an image [1, channels, height, width].
ValueOrder nhwc_order(const Shape& shape);

/// The coordinate of an element along a dimension of its value.
std::int64_t coordinate(const Shape& shape, std::size_t axis, std::int64_t index);
/// The element's index once the dimension has another extent and the element another coordinate there.
std::int64_t moved(const Shape& shape, std::size_t axis, std::int64_t index, std::int64_t new_extent, std::int64_t new_coordinate);

/// Positions first + row · step + i, i < count, row < rows.
struct PositionRows {
  int first = 0, rows = 1, count = 0, step = 0;
};
/// Rising positions as equal rows at equal distances; none when they are not.
std::optional<PositionRows> as_rows(std::span<const int> positions);

/// The part of a value whose coordinate along `axis` is start … end - 1: its positions in memory, and its own order.
struct Part {
  std::vector<int> positions;
  ValueOrder order;
};
Part part_of(const ValueOrder& order, const Shape& shape, std::size_t axis, std::int64_t start, std::int64_t end);

/// The order of one step of a value that is cut along `axis`, where the steps lie one behind the other and all alike; none when they do not.
std::optional<ValueOrder> step_order(const ValueOrder& order, const Shape& shape, std::size_t axis);
/// The order of `steps` pieces one behind the other whose value has the shape `whole`, the steps along `axis`.
ValueOrder stacked_order(const ValueOrder& piece, const Shape& whole, std::size_t axis);

}  // namespace qmn
