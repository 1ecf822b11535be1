// SPDX-License-Identifier: Apache-2.0
#include "program/cmsis_nn.h"

#include "program/cmsis_nn_q7.h"
#include "program/cmsis_nn_s8.h"

#include "base/check.h"

#include <algorithm>
#include <array>

namespace qmn {
namespace {

constexpr std::size_t kFour = 4;

bool has_helium(KernelVariant variant) { return variant == KernelVariant::cmsis_nn_s8_mve; }

/// Channels whose shifts a layer of the s8 API has one by one.
int shift_count(const Program& program, const Kernel& kernel) {
  return std::visit(
      [&](const auto& k) {
        if constexpr (std::is_same_v<std::decay_t<decltype(k)>, FullyConnectedKernel>) return k.epilogue.is_per_channel() ? program.tensor(k.output).value_count() : 0;
        else if constexpr (requires { k.epilogue; }) return program.tensor(k.output).channels;
        else return 0;
      },
      kernel);
}

}  // namespace

std::optional<std::string> cmsis_nn_obstacle(const Program& program, const Kernel& kernel, KernelVariant variant) {
  QMN_CHECK(is_cmsis_nn(variant), "a variant of CMSIS-NN");
  return variant == KernelVariant::cmsis_nn_q7 ? q7::obstacle(program, kernel) : s8::obstacle(program, kernel, has_helium(variant));
}

std::string cmsis_nn_function(const Program& program, const Kernel& kernel, KernelVariant variant) {
  return variant == KernelVariant::cmsis_nn_q7 ? q7::function(program, kernel) : s8::function(kernel);
}

std::int64_t cmsis_nn_scratch_bytes(const Program& program, const Kernel& kernel, KernelVariant variant) {
  return variant == KernelVariant::cmsis_nn_q7 ? q7::scratch_bytes(program, kernel) : s8::scratch_bytes(program, kernel, has_helium(variant));
}

std::int64_t cmsis_nn_constant_bytes(const Program& program, const Kernel& kernel, KernelVariant variant) {
  const bool is_q7 = variant == KernelVariant::cmsis_nn_q7;
  return std::visit(
      [&](const auto& k) -> std::int64_t {
        if constexpr (requires { k.epilogue; }) {
          const auto weights = static_cast<std::int64_t>(k.weights.size()), biases = static_cast<std::int64_t>(k.bias.values.size());
          return is_q7 ? weights + biases : weights + 4 * biases + 4 * std::int64_t{shift_count(program, kernel)};
        } else if constexpr (requires { k.constant; }) {
          return static_cast<std::int64_t>(k.constant.values.size());
        } else {
          return 0;
        }
      },
      kernel);
}

int cmsis_nn_multiplier_count(const Program& program, KernelVariant variant) {
  if (!is_cmsis_nn(variant) || variant == KernelVariant::cmsis_nn_q7) return 0;
  int count = 0;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    if (!cmsis_nn_obstacle(program, kernel, variant)) count = std::max(count, shift_count(program, kernel));
  });
  return count;
}

std::vector<std::int8_t> cmsis_nn_q7_rows(const std::vector<std::int8_t>& matrix, std::size_t rows, std::size_t columns) {
  struct Place {
    std::size_t row, column;
  };
  constexpr std::array<Place, kFour * kFour> kOrder{{{0, 0}, {1, 0}, {0, 2}, {1, 2}, {2, 0}, {3, 0}, {2, 2}, {3, 2}, {0, 1}, {1, 1}, {0, 3}, {1, 3}, {2, 1}, {3, 1}, {2, 3}, {3, 3}}};
  std::vector<std::int8_t> interleaved;
  interleaved.reserve(matrix.size());
  std::size_t row = 0;
  for (; row + kFour <= rows; row += kFour) {
    std::size_t column = 0;
    for (; column + kFour <= columns; column += kFour) {
      for (const Place& place : kOrder) interleaved.push_back(matrix[(row + place.row) * columns + column + place.column]);
    }
    for (; column < columns; ++column) {
      for (std::size_t i = 0; i < kFour; ++i) interleaved.push_back(matrix[(row + i) * columns + column]);
    }
  }
  interleaved.insert(interleaved.end(), matrix.begin() + static_cast<std::ptrdiff_t>(row * columns), matrix.end());
  return interleaved;
}

bool has_cmsis_nn_layer(const Program& program, KernelVariant variant) {
  bool has = false;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    const bool has_weights = std::visit([](const auto& k) { return requires { k.epilogue; }; }, kernel);
    has |= has_weights && !cmsis_nn_obstacle(program, kernel, variant);
  });
  return has;
}

}  // namespace qmn
