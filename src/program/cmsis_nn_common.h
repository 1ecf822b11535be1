// SPDX-License-Identifier: Apache-2.0
// program/cmsis_nn_common.h   Obstacles that both APIs of CMSIS-NN share. An obstacle is a phrase: what of a kernel the library cannot run.
#pragma once

#include "program/program.h"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace qmn {

using Obstacle = std::optional<std::string>;

/// The first of them.
template <class... Rest>
Obstacle first_obstacle(Obstacle first, Rest... rest) {
  if constexpr (sizeof...(rest) == 0) return first;
  else return first ? first : first_obstacle(std::move(rest)...);
}

inline Obstacle unless(bool is_met, const char* obstacle) { return is_met ? Obstacle{} : Obstacle{obstacle}; }

inline Obstacle wide_tensor(const Program& program, TensorId id, const char* what) {
  const int bits = program.tensor(id).format.total_bits;
  return bits == 8 ? Obstacle{} : fmt::format("its {} has {} bits", what, bits);
}

template <class K>
Obstacle wide_sides(const Program& program, const K& kernel) {
  return first_obstacle(wide_tensor(program, kernel.input, "input"), wide_tensor(program, kernel.output, "output"));
}

/// Of a sum or product: 8 bits everywhere, and as many values left and right.
template <class K>
Obstacle unequal_operands(const Program& program, const K& kernel) {
  const int count = program.tensor(kernel.left).value_count();
  const bool is_constant = kernel.right < 0;
  const int right_count = is_constant ? static_cast<int>(kernel.constant.values.size()) : program.tensor(kernel.right).value_count();
  const int right_bits = is_constant ? kernel.constant.format.total_bits : program.tensor(kernel.right).format.total_bits;
  return first_obstacle(wide_tensor(program, kernel.left, "left side"), wide_tensor(program, kernel.output, "output"),
                        unless(right_bits == 8, "its right side has 16 bits"), unless(right_count == count, "its right side is spread over the left"));
}

}  // namespace qmn
