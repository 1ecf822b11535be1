// SPDX-License-Identifier: Apache-2.0
// qformat/curve.h   Sigmoid and tanh as integer tables for a format in and a format out; the kernels of runtime/qmn_elementwise.h read them.
//
//   8-bit input     one entry per raw value: quantize(f(dequantize(raw))), exact to rounding: |error| <= 1/2 LSB of the output.
//   16-bit input    straight lines between entries, over the span outside which f is flat. |error| <= 1/2 LSB + 2^-10 of an 8-bit
//                   output (129 entries), <= 1/2 LSB + 2^-13 of a 16-bit one (513 entries).
#pragma once

#include "qformat/qformat.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace qmn {

enum class Curve { sigmoid, tanh };
const char* curve_name(Curve curve);  ///< "sigmoid", "tanh"
double curve_value(Curve curve, double x);  ///< in double: what tables are made from

/// Entry raw + 128 is the output for an 8-bit raw input. The output has 8 or 16 bits.
std::vector<std::int16_t> lookup_table(Curve curve, QFormat in, QFormat out);

/// The parameters of qmn_interpolate.
struct InterpolationTable {
  std::int32_t half_span = 1, segment_shift = 0, out_shift = 0;
  std::vector<std::int16_t> values;  ///< Q0.15
};
/// For a 16-bit input. None when the output has so many fractional bits (more than 15) that its shift would be negative.
std::optional<InterpolationTable> interpolation_table(Curve curve, QFormat in, QFormat out);

/// The kernel's output for every raw input, from the most negative: 256 or 65536 entries. What fake-quant looks up. 8-bit inputs take
/// any output; none as interpolation_table.
std::optional<std::vector<std::int16_t>> curve_outputs(Curve curve, QFormat in, QFormat out);

}  // namespace qmn
