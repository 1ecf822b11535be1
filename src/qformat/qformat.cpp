// SPDX-License-Identifier: Apache-2.0
#include "qformat/qformat.h"

#include "base/check.h"
#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace qmn {

double QFormat::step() const { return std::ldexp(1.0, -frac_bits); }
double QFormat::real_min() const { return dequantize(raw_min(), *this); }
double QFormat::real_max() const { return dequantize(raw_max(), *this); }
std::string QFormat::name() const { return fmt::format("Q{}.{}", int_bits(), frac_bits); }

int int_bits_for(double max_abs) {
  if (!std::isfinite(max_abs)) fail_data("a tensor holds {}: infinite and NaN values have no fixed-point format", max_abs);
  if (max_abs == 0) return 0;
  int exponent = 0;
  const double mantissa = std::frexp(std::fabs(max_abs), &exponent);  // max_abs = mantissa * 2^exponent, mantissa in [0.5, 1)
  return mantissa == 0.5 ? exponent - 1 : exponent;                   // exact: no rounding of log2
}

QFormat format_for(double max_abs, int total_bits) {
  return {total_bits, std::clamp(total_bits - 1 - int_bits_for(max_abs), -kMaxFracBits, kMaxFracBits)};
}

std::int64_t quantize(double real, QFormat format) {
  QMN_CHECK(!std::isnan(real), "quantize: NaN");
  const double scaled = std::floor(std::ldexp(real, format.frac_bits) + 0.5);
  return static_cast<std::int64_t>(std::clamp(scaled, static_cast<double>(format.raw_min()), static_cast<double>(format.raw_max())));
}

double dequantize(std::int64_t raw, QFormat format) { return std::ldexp(static_cast<double>(raw), -format.frac_bits); }

std::vector<std::int8_t> quantize_s8(std::span<const float> reals, QFormat format) {
  QMN_CHECK(format.total_bits == 8, "quantize_s8 needs an 8-bit format");
  std::vector<std::int8_t> raw(reals.size());
  std::transform(reals.begin(), reals.end(), raw.begin(),
                 [&](float real) { return static_cast<std::int8_t>(quantize(static_cast<double>(real), format)); });
  return raw;
}

std::vector<float> fake_quantize(std::span<const float> reals, QFormat format) {
  std::vector<float> out(reals.size());
  std::transform(reals.begin(), reals.end(), out.begin(),
                 [&](float real) { return static_cast<float>(dequantize(quantize(static_cast<double>(real), format), format)); });
  return out;
}

QFormat format_for_act_max(double act_max) {
  int exponent = 0;
  if (!std::isfinite(act_max) || act_max <= 0 || std::frexp(act_max, &exponent) != 0.5) {
    fail_usage("--act_max {}: not a power of two (such as 0.5, 1, 2, 32), nor 0 for float", act_max);
  }
  return {8, std::clamp(7 - (exponent - 1), -kMaxFracBits, kMaxFracBits)};
}

}  // namespace qmn
