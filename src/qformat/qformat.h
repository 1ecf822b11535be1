// SPDX-License-Identifier: Apache-2.0
// qformat/qformat.h   Qm.n: real = raw * 2^-frac_bits. The sign is not counted in m: int8 Q0.7 spans [-1, 127/128], Q5.2 [-32, 31.75].
//
// Every number format, shift and tie rule of qmn is defined in this header; no other file computes a shift.
// One rounding everywhere, ties up: floor(x * 2^n + 0.5) on reals, (acc + (1 << s >> 1)) >> s on accumulators.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qmn {

struct QFormat {
  int total_bits = 8;  ///< storage width with sign: 8, 16 or 32
  int frac_bits = 7;   ///< n; negative when one step exceeds 1, above 7 for tiny weights
  constexpr int int_bits() const { return total_bits - 1 - frac_bits; }
  constexpr std::int64_t raw_min() const { return -(std::int64_t{1} << (total_bits - 1)); }
  constexpr std::int64_t raw_max() const { return (std::int64_t{1} << (total_bits - 1)) - 1; }
  double step() const;                ///< 2^-frac_bits: the real value of one raw unit
  double real_min() const;            ///< raw_min() * step()
  double real_max() const;            ///< raw_max() * step()
  std::string name() const;           ///< "Q5.2"; a negative part keeps its sign: "Q-2.9"
  friend constexpr bool operator==(QFormat, QFormat) = default;
};

/// frac_bits stay within ±kMaxFracBits: beyond it a power of two and its products leave the range of float.
inline constexpr int kMaxFracBits = 40;

/// ceil(log2(max_abs)): the classic rule (Hello Edge). An all-zero tensor gives 0: Q0.7.
/// Error (data) when max_abs is not finite.
int int_bits_for(double max_abs);

/// The 8-bit (or wider) format of the classic rule: frac_bits = total_bits - 1 - int_bits_for(max_abs), clamped to ±kMaxFracBits.
QFormat format_for(double max_abs, int total_bits = 8);

/// floor(real * 2^frac_bits + 0.5), saturated to the format. NaN is a broken invariant.
std::int64_t quantize(double real, QFormat format);
/// raw * 2^-frac_bits, exact.
double dequantize(std::int64_t raw, QFormat format);

std::vector<std::int8_t> quantize_s8(std::span<const float> reals, QFormat format);  ///< each of them; rounded ties up, saturated
/// quantize, then dequantize.
std::vector<float> fake_quantize(std::span<const float> reals, QFormat format);

/// Right shift from the (input × weight) accumulator to `out`. Format assignment rejects a negative result.
constexpr int out_shift(QFormat in, QFormat weight, QFormat out) { return in.frac_bits + weight.frac_bits - out.frac_bits; }
/// Left shift from the stored bias to the (input × weight) accumulator. Format assignment rejects a negative result.
constexpr int bias_shift(QFormat in, QFormat weight, QFormat bias) { return in.frac_bits + weight.frac_bits - bias.frac_bits; }
/// Fractional bits of the (input × weight) accumulator: those of a 32-bit bias, and the most that an output or 8-bit bias may have.
constexpr int accumulator_frac_bits(QFormat in, QFormat weight) { return in.frac_bits + weight.frac_bits; }
/// Right shift from one format to another, for unary operations and pools; negative: a left shift.
constexpr int requantize_shift(QFormat in, QFormat out) { return in.frac_bits - out.frac_bits; }

/// out_shift beyond this always gives 0 or -1 and would be undefined in C.
inline constexpr int kMaxOutShift = 30;

/// The fractional bits that `--act_max` 2^m stands for: 7 - m. Error (usage) when act_max is not a power of two.
QFormat format_for_act_max(double act_max);

}  // namespace qmn
