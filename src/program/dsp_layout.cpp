// SPDX-License-Identifier: Apache-2.0
#include "program/dsp_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace qmn {
namespace {

constexpr std::size_t kGroupColumns = 4;
constexpr std::int64_t kPackedAccumulatorEnd = std::int64_t{1} << 23;
/// Fewer weights in all fully connected layers of a net are not worth code of their own.
constexpr std::size_t kFewFullyConnectedWeights = 2048;
constexpr int kMostPackedShift = 23, kPackedShift = 8;

std::size_t blocks(std::size_t count, std::size_t block) { return (count + block - 1) / block; }

/// [row block][group of columns][row of the block][4], zeros where the matrix [row][column] ends.
std::vector<std::int8_t> blocked_rows(const std::vector<std::int8_t>& matrix, std::size_t rows, std::size_t columns, std::size_t block) {
  std::vector<std::int8_t> blocked;
  for (std::size_t first_row = 0; first_row < rows; first_row += block) {
    for (std::size_t first_column = 0; first_column < columns; first_column += kGroupColumns) {
      for (std::size_t row = first_row; row < first_row + block; ++row) {
        for (std::size_t column = first_column; column < first_column + kGroupColumns; ++column) {
          blocked.push_back(row < rows && column < columns ? matrix[row * columns + column] : std::int8_t{0});
        }
      }
    }
  }
  return blocked;
}

/// Rows in pairs, which share halves: 256 · odd + (even + 128).
std::vector<std::int8_t> packed_rows(const std::vector<std::int8_t>& matrix, std::size_t rows, std::size_t columns) {
  constexpr std::array<std::size_t, kGroupColumns> kOrder{0, 2, 1, 3};
  const auto weight = [&](std::size_t row, std::size_t column) { return row < rows && column < columns ? int{matrix[row * columns + column]} : 0; };
  std::vector<std::int8_t> packed;
  for (std::size_t row = 0; row < rows; row += 2) {
    for (std::size_t group = 0; group < columns; group += kGroupColumns) {
      for (const std::size_t column : kOrder) {
        packed.push_back(static_cast<std::int8_t>(static_cast<std::uint8_t>(weight(row, group + column) + 128)));
        packed.push_back(static_cast<std::int8_t>(weight(row + 1, group + column)));
      }
    }
  }
  return packed;
}

}  // namespace

bool is_3x3(const DepthwiseConv2dKernel& kernel) { return kernel.kernel_h == 3 && kernel.kernel_w == 3 && kernel.stride_h == 1 && kernel.stride_w == 1; }

bool runs_as_convolution(const Program& program, const FullyConnectedKernel& kernel) {
  std::size_t weights = 0;
  bool has_convolution = false;
  for_each_kernel(program.kernels, [&](const Kernel& other, std::int64_t) {
    if (const auto* layer = std::get_if<FullyConnectedKernel>(&other)) weights += layer->weights.size();
    const auto* convolution = std::get_if<Conv2dKernel>(&other);
    has_convolution |= convolution != nullptr && program.tensor(convolution->input).format.total_bits == 8 && program.tensor(convolution->output).format.total_bits == 8;
  });
  const bool is_8_bit = program.tensor(kernel.input).format.total_bits == 8 && program.tensor(kernel.output).format.total_bits == 8;
  return is_8_bit && !kernel.weights.empty() && has_convolution && weights < kFewFullyConnectedWeights;
}

Conv2dKernel as_convolution(const Program& program, const FullyConnectedKernel& kernel) {
  Conv2dKernel convolution;
  convolution.name = kernel.name;
  convolution.input = kernel.input;
  convolution.output = kernel.output;
  convolution.weights_name = kernel.weights_name;
  convolution.bias_name = kernel.bias_name;
  convolution.weights = kernel.weights;
  convolution.weight_format = kernel.weight_format;
  convolution.bias = kernel.bias;
  convolution.epilogue = kernel.epilogue;
  convolution.kernel_h = program.tensor(kernel.input).height;
  convolution.kernel_w = program.tensor(kernel.input).width;
  return convolution;
}

bool packs_rows(const Program& program, const Conv2dKernel& kernel) {
  if (program.tensor(kernel.input).format.total_bits != 8 || program.tensor(kernel.output).format.total_bits != 8) return false;
  const auto rows = static_cast<std::size_t>(program.tensor(kernel.output).channels);
  const std::size_t columns = kernel.weights.size() / rows;
  for (std::size_t row = 1; row < rows; row += 2) {
    const int shift = kernel.epilogue.shift_of(row);
    std::int64_t largest = std::abs(std::int64_t{kernel.bias.values[row]}) * (std::int64_t{1} << kernel.bias.shift) + ((std::int64_t{1} << shift) >> 1);
    for (std::size_t column = 0; column < columns; ++column) largest += 128 * std::abs(int{kernel.weights[row * columns + column]});
    if (largest >= kPackedAccumulatorEnd || shift > kMostPackedShift) return false;
  }
  return true;
}

ReorderedConstants dsp_constants(const Program& program, const Conv2dKernel& kernel) {
  const auto rows = static_cast<std::size_t>(program.tensor(kernel.output).channels);
  const std::size_t columns = kernel.weights.size() / rows, pairs = blocks(rows, 2), groups = blocks(columns, kGroupColumns);
  const bool is_packed = packs_rows(program, kernel);
  ReorderedConstants constants{.weights = is_packed ? packed_rows(kernel.weights, rows, columns) : blocked_rows(kernel.weights, rows, columns, 2),
                         .biases = {},
                         .out_shifts = {},
                         .group_size = 2 * groups * kGroupColumns,
                         .group_name = "row pair",
                         .is_packed = is_packed,
                         .layout = fmt::format("[{} row pairs][{} groups]{}", pairs, groups, is_packed ? "[4][2 rows, even ones + 128]" : "[2 rows][4]")};
  set_epilogue(constants, kernel, 2 * pairs);
  for (std::size_t row = 1; is_packed && row < rows; row += 2) {
    constants.biases[row] = static_cast<std::int32_t>(static_cast<std::uint32_t>(constants.biases[row]) << kPackedShift);
    if (kernel.epilogue.is_per_channel()) constants.out_shifts[row] = static_cast<std::uint8_t>(constants.out_shifts[row] + kPackedShift);
  }
  return constants;
}

ReorderedConstants dsp_constants(const Program& program, const DepthwiseConv2dKernel& kernel) {
  const auto channels = static_cast<std::size_t>(program.tensor(kernel.output).channels);
  const auto kernel_h = static_cast<std::size_t>(kernel.kernel_h), kernel_w = static_cast<std::size_t>(kernel.kernel_w);
  ReorderedConstants constants{.weights = {}, .biases = {}, .out_shifts = {}, .group_size = kernel_h * kernel_w, .group_name = "channel", .is_packed = false,
                         .layout = fmt::format("[{} channels][{} columns][{} rows]", channels, kernel_w, kernel_h)};
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t kx = 0; kx < kernel_w; ++kx) {
      for (std::size_t ky = 0; ky < kernel_h; ++ky) constants.weights.push_back(kernel.weights[(ky * kernel_w + kx) * channels + channel]);
    }
  }
  set_epilogue(constants, kernel, channels);
  return constants;
}

ReorderedConstants dsp_constants(const Program& program, const FullyConnectedKernel& kernel) {
  if (runs_as_convolution(program, kernel)) return dsp_constants(program, as_convolution(program, kernel));
  const auto rows = static_cast<std::size_t>(program.tensor(kernel.output).value_count());
  const std::size_t columns = kernel.weights.size() / rows, fours = blocks(rows, 4), groups = blocks(columns, kGroupColumns);
  ReorderedConstants constants{.weights = blocked_rows(kernel.weights, rows, columns, 4), .biases = {}, .out_shifts = {}, .group_size = 4 * groups * kGroupColumns,
                         .group_name = "four rows", .is_packed = false, .layout = fmt::format("[{} times four rows][{} groups][4 rows][4]", fours, groups)};
  set_epilogue(constants, kernel, rows);
  return constants;
}

}  // namespace qmn
