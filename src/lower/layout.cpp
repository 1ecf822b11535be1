// SPDX-License-Identifier: Apache-2.0
#include "lower/layout.h"

#include "base/check.h"

namespace qmn {
namespace {

/// [outer][rows][columns] → [outer][columns][rows]
std::vector<std::int8_t> transposed(std::span<const std::int8_t> values, std::int64_t outer, std::int64_t rows, std::int64_t columns) {
  QMN_CHECK(static_cast<std::int64_t>(values.size()) == outer * rows * columns, "weights fill their shape");
  std::vector<std::int8_t> out;
  out.reserve(values.size());
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t column = 0; column < columns; ++column) {
      for (std::int64_t row = 0; row < rows; ++row) out.push_back(values[static_cast<std::size_t>((o * rows + row) * columns + column)]);
    }
  }
  return out;
}

}  // namespace

std::vector<std::int8_t> conv_weights(std::span<const std::int8_t> weights, std::int64_t out, std::int64_t in, std::int64_t taps) {
  return transposed(weights, out, in, taps);
}

std::vector<std::int8_t> depthwise_weights(std::span<const std::int8_t> weights, std::int64_t channels, std::int64_t taps) {
  return transposed(weights, 1, channels, taps);
}

std::vector<std::int8_t> fully_connected_weights(std::span<const std::int8_t> weights, const ValueOrder& order) {
  QMN_CHECK(weights.size() % order.size() == 0, "weights fill their shape");
  std::vector<std::int8_t> out;
  out.reserve(weights.size());
  for (std::size_t row = 0; row < weights.size(); row += order.size()) {
    for (std::int64_t column : order) out.push_back(weights[row + static_cast<std::size_t>(column)]);
  }
  return out;
}

}  // namespace qmn
