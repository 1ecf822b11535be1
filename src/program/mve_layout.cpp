// SPDX-License-Identifier: Apache-2.0
#include "program/mve_layout.h"

#include "qmn_kernels_mve.h"

#include <fmt/format.h>

namespace qmn {
namespace {

constexpr std::size_t kBlockRows = 4, kVectorBytes = 16;
constexpr int kMostOutputBytes = (1 << 16) - 1;

std::size_t blocks(std::size_t count, std::size_t block) { return (count + block - 1) / block; }

template <class K>
ReorderedConstants in_blocks(const K& kernel, std::size_t rows) {
  const std::size_t columns = kernel.weights.size() / rows, row_blocks = blocks(rows, kBlockRows), vectors = blocks(columns, kVectorBytes);
  ReorderedConstants constants;
  for (std::size_t block = 0; block < row_blocks; ++block) {
    for (std::size_t vector = 0; vector < vectors; ++vector) {
      for (std::size_t row = block * kBlockRows; row < (block + 1) * kBlockRows; ++row) {
        for (std::size_t column = vector * kVectorBytes; column < (vector + 1) * kVectorBytes; ++column) {
          constants.weights.push_back(row < rows && column < columns ? kernel.weights[row * columns + column] : std::int8_t{0});
        }
      }
    }
  }
  constants.group_size = vectors * kBlockRows * kVectorBytes;
  constants.group_name = "block";
  constants.layout = fmt::format("[{} blocks][{} vectors][4 rows][16]", row_blocks, vectors);
  set_epilogue(constants, kernel, row_blocks * kBlockRows);
  return constants;
}

}  // namespace

bool is_narrow(const Program& program, const DepthwiseConv2dKernel& kernel) {
  const ProgramTensor &in = program.tensor(kernel.input), &out = program.tensor(kernel.output);
  const int pitch = QMN_DEPTHWISE_S8_MVE_PITCH(in.width, out.width, kernel.stride_w, kernel.kernel_w, kernel.pad_left);
  return kernel.stride_h == 1 && kernel.stride_w == 1 && (kernel.kernel_h - 1) * pitch + kernel.kernel_w <= static_cast<int>(kVectorBytes) &&
         out.value_count() <= kMostOutputBytes;
}

ReorderedConstants mve_constants(const Program& program, const Conv2dKernel& kernel) {
  return in_blocks(kernel, static_cast<std::size_t>(program.tensor(kernel.output).channels));
}

ReorderedConstants mve_constants(const Program& program, const FullyConnectedKernel& kernel) {
  return in_blocks(kernel, static_cast<std::size_t>(program.tensor(kernel.output).value_count()));
}

ReorderedConstants mve_constants(const Program& program, const DepthwiseConv2dKernel& kernel) {
  const auto channels = static_cast<std::size_t>(program.tensor(kernel.output).channels);
  const std::size_t taps = kernel.weights.size() / channels;
  ReorderedConstants constants;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t tap = 0; tap < taps; ++tap) constants.weights.push_back(kernel.weights[tap * channels + channel]);
  }
  constants.group_size = taps;
  constants.group_name = "channel";
  constants.layout = fmt::format("[{} channels][{}][{}]", channels, kernel.kernel_h, kernel.kernel_w);
  set_epilogue(constants, kernel, channels);
  return constants;
}

}  // namespace qmn
