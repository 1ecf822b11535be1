// SPDX-License-Identifier: Apache-2.0
// program/dsp_layout.h   Constants of a kernel in the order in which its dsp form reads them (runtime/qmn_kernels_dsp.h is normative):
//   conv2d, packed    [row pair][group of 4 columns][columns 0 2 1 3][2 rows]   row = output channel, columns = [ky][kx][in]; even rows + 128
//   conv2d, else      [row pair][group of 4 columns][2 rows][4]
//   depthwise_conv2d  [channel][kx][ky]
//   fully_connected   [4 rows][group of 4 columns][4 rows][4]
// Rows and columns are filled up with zeros. Biases have 32 bits, at accumulator scale, and contain the rounding: bias · 2^bias_shift +
// (1 << out_shift >> 1), which accumulator_bound counts. conv2d has biases and shifts for an even number of rows; packed, biases of odd rows
// are 256 times as large, modulo 2^32, and their shifts, where channels have their own, 8 larger.
#pragma once

#include "program/program.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qmn {

/// Constants in the order of a form other than the reference.
struct ReorderedConstants {
  std::vector<std::int8_t> weights;
  std::vector<std::int32_t> biases;
  std::vector<std::uint8_t> out_shifts;  ///< empty: one shift for all channels
  std::size_t group_size = 0;            ///< weights that belong together, for a listing
  const char* group_name = "";           ///< "row pair", "channel", "four rows", "block"
  bool is_packed = false;                ///< rows in pairs that share halves
  std::string layout;                    ///< "[32 row pairs][16 groups][2 rows][4]"
};

/// Whether the odd rows of a convolution meet the precondition of packing (runtime/qmn_tile_packed_s8_dsp.h): |accumulator| < 2^23 for every
/// input, which is int8 as the output is, out_shift <= 23.
bool packs_rows(const Program& program, const Conv2dKernel& kernel);

/// Whether a depthwise convolution is 3x3 with stride 1, which has functions of its own.
bool is_3x3(const DepthwiseConv2dKernel& kernel);

/// Whether a fully connected layer runs as the convolution that it is: where a net has next to no fully connected weights but convolutions,
/// it needs no code for others.
bool runs_as_convolution(const Program& program, const FullyConnectedKernel& kernel);
/// A fully connected layer as the convolution whose window is the whole image.
Conv2dKernel as_convolution(const Program& program, const FullyConnectedKernel& kernel);

/// Biases with their rounding, and the shifts, of a kernel with weights, for `rows` channels; the last ones may not exist.
template <class K>
void set_epilogue(ReorderedConstants& constants, const K& kernel, std::size_t rows) {
  for (std::size_t row = 0; row < kernel.bias.values.size(); ++row) {
    const std::int32_t rounding = (std::int32_t{1} << kernel.epilogue.shift_of(row)) >> 1;
    constants.biases.push_back(kernel.bias.values[row] * (std::int32_t{1} << kernel.bias.shift) + rounding);
  }
  constants.biases.resize(rows);
  constants.out_shifts = kernel.epilogue.out_shifts;
  if (kernel.epilogue.is_per_channel()) constants.out_shifts.resize(rows);
}

ReorderedConstants dsp_constants(const Program& program, const Conv2dKernel& kernel);  ///< of that kernel
ReorderedConstants dsp_constants(const Program& program, const DepthwiseConv2dKernel& kernel);  ///< of that kernel
ReorderedConstants dsp_constants(const Program& program, const FullyConnectedKernel& kernel);  ///< of that kernel

}  // namespace qmn
