// SPDX-License-Identifier: Apache-2.0
#include "qformat/curve.h"

#include "base/check.h"

#include "qmn_kernels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qmn {
namespace {

constexpr int kTableFracBits = 15;
/// So many raw steps at least: the last input inside the span lies one step below its end, which a coarse format must not feel.
constexpr int kMinHalfSpanLog2 = 5;

/// Outside ±2^this the curve is flat: sigmoid(8) = 1 - 2^-11.5 and tanh(4) = 1 - 2^-10.5 for an output of 8 bits, sigmoid(16) = 1 - 2^-23
/// and tanh(8) = 1 - 2^-22 for one of 16.
int span_log2(Curve curve, QFormat out) { return (curve == Curve::sigmoid ? 3 : 2) + (out.total_bits > 8 ? 1 : 0); }

/// Segments of the table: the lines err by at most max|f''| · width² / 8 = 2^-11.3 for 8 bits, 2^-13.3 for 16.
int segment_count_log2(QFormat out) { return out.total_bits > 8 ? 9 : 7; }

}  // namespace

const char* curve_name(Curve curve) { return curve == Curve::sigmoid ? "sigmoid" : "tanh"; }

double curve_value(Curve curve, double x) { return curve == Curve::sigmoid ? 1 / (1 + std::exp(-x)) : std::tanh(x); }

std::vector<std::int16_t> lookup_table(Curve curve, QFormat in, QFormat out) {
  QMN_CHECK(in.total_bits == 8 && (out.total_bits == 8 || out.total_bits == 16), "lookup_table: 8 bits in, 8 or 16 out");
  std::vector<std::int16_t> table;
  for (std::int64_t raw = in.raw_min(); raw <= in.raw_max(); ++raw) {
    table.push_back(static_cast<std::int16_t>(quantize(curve_value(curve, dequantize(raw, in)), out)));
  }
  return table;
}

std::optional<InterpolationTable> interpolation_table(Curve curve, QFormat in, QFormat out) {
  QMN_CHECK(in.total_bits == 16 && (out.total_bits == 8 || out.total_bits == 16), "interpolation_table: 16 bits in, 8 or 16 out");
  const int half_span_log2 = std::clamp(span_log2(curve, out) + in.frac_bits, kMinHalfSpanLog2, 15);
  InterpolationTable table;
  table.half_span = std::int32_t{1} << half_span_log2;
  table.segment_shift = std::max(half_span_log2 + 1 - segment_count_log2(out), 0);
  const int shift = kTableFracBits + table.segment_shift - out.frac_bits;
  if (shift < 0) return std::nullopt;
  table.out_shift = std::min(shift, kMaxOutShift);
  for (std::int32_t raw = -table.half_span; raw <= table.half_span; raw += std::int32_t{1} << table.segment_shift) {
    table.values.push_back(static_cast<std::int16_t>(quantize(curve_value(curve, dequantize(raw, in)), {16, kTableFracBits})));
  }
  return table;
}

std::optional<std::vector<std::int16_t>> curve_outputs(Curve curve, QFormat in, QFormat out) {
  if (in.total_bits == 8) return lookup_table(curve, in, out);
  const std::optional<InterpolationTable> table = interpolation_table(curve, in, out);
  if (!table) return std::nullopt;
  std::vector<std::int16_t> outputs(65536);
  std::iota(outputs.begin(), outputs.end(), std::int16_t{-32768});
  const qmn_interpolate layer{.count = 65536,
                              .half_span = table->half_span,
                              .segment_shift = table->segment_shift,
                              .out_shift = table->out_shift,
                              .clip_min = static_cast<std::int16_t>(out.raw_min()),
                              .clip_max = static_cast<std::int16_t>(out.raw_max()),
                              .table = table->values.data()};
  qmn_interpolate_s16_ref(&layer, outputs.data(), outputs.data());
  return outputs;
}

}  // namespace qmn
