// SPDX-License-Identifier: Apache-2.0
#include "qformat/curve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

double real_curve(Curve curve, double x) { return curve == Curve::sigmoid ? 0.5 * (1 + std::tanh(x / 2)) : std::tanh(x); }

/// The output nearest to the real function in the format, ties up.
double nearest(double y, QFormat out) {
  return std::clamp(std::floor(std::ldexp(y, out.frac_bits) + 0.5), static_cast<double>(out.raw_min()), static_cast<double>(out.raw_max()));
}

TEST(Curve, TablesOfInt8AreExactToRounding) {
  for (Curve curve : {Curve::sigmoid, Curve::tanh}) {
    for (int in_bits = -6; in_bits <= 14; ++in_bits) {
      for (const QFormat out : {QFormat{8, 7}, {8, 6}, {8, 3}, {8, 9}, {16, 15}, {16, 12}}) {
        const auto outputs = curve_outputs(curve, {8, in_bits}, out);
        ASSERT_TRUE(outputs.has_value());
        ASSERT_EQ(outputs->size(), 256U);
        for (int raw = -128; raw <= 127; ++raw) {
          const double y = real_curve(curve, std::ldexp(raw, -in_bits));
          ASSERT_EQ((*outputs)[static_cast<std::size_t>(raw + 128)], nearest(y, out))
              << curve_name(curve) << ", " << in_bits << " fractional bits, raw " << raw << " to " << out.name();
        }
      }
    }
  }
}

/// |error| <= 1/2 LSB + `line_error` over all 65536 inputs, saturation aside.
void expect_close(Curve curve, QFormat in, QFormat out, double line_error) {
  const auto outputs = curve_outputs(curve, in, out);
  ASSERT_TRUE(outputs.has_value()) << out.name();
  ASSERT_EQ(outputs->size(), 65536U);
  for (int raw = -32768; raw <= 32767; ++raw) {
    const double y = std::clamp(real_curve(curve, std::ldexp(raw, -in.frac_bits)), out.real_min(), out.real_max());
    const double error = std::ldexp((*outputs)[static_cast<std::size_t>(raw + 32768)], -out.frac_bits) - y;
    ASSERT_LE(std::fabs(error), 0.5 * out.step() + line_error) << curve_name(curve) << ", " << in.name() << " raw " << raw << " to " << out.name();
  }
}

TEST(Curve, InterpolationOfInt16StaysWithinItsBoundForEveryInput) {
  for (Curve curve : {Curve::sigmoid, Curve::tanh}) {
    for (int in_bits = -4; in_bits <= 20; ++in_bits) {
      for (int out_bits : {-1, 6, 7, 10}) expect_close(curve, {16, in_bits}, {8, out_bits}, std::exp2(-10));
      for (int out_bits : {0, 7, 12, 15}) expect_close(curve, {16, in_bits}, {16, out_bits}, std::exp2(-13));
    }
  }
}

TEST(Curve, InterpolationNeverFalls) {
  for (Curve curve : {Curve::sigmoid, Curve::tanh}) {
    for (int in_bits = 0; in_bits <= 15; ++in_bits) {
      const auto outputs = curve_outputs(curve, {16, in_bits}, {8, 7});
      ASSERT_TRUE(outputs.has_value());
      EXPECT_TRUE(std::is_sorted(outputs->begin(), outputs->end())) << curve_name(curve) << ", " << in_bits;
    }
  }
}

TEST(Curve, AnOutputFinerThanTheTableHasNoInterpolation) {
  EXPECT_FALSE(interpolation_table(Curve::tanh, {16, -10}, {16, 16}).has_value());
  EXPECT_FALSE(curve_outputs(Curve::sigmoid, {16, -10}, {16, 17}).has_value());
  EXPECT_TRUE(curve_outputs(Curve::sigmoid, {8, 5}, {16, 17}).has_value());
}

TEST(Curve, TablesAreSmall) {
  for (int in_bits = -8; in_bits <= 24; ++in_bits) {
    EXPECT_LE(interpolation_table(Curve::tanh, {16, in_bits}, {8, 7})->values.size(), 129U);
    EXPECT_LE(interpolation_table(Curve::sigmoid, {16, in_bits}, {16, 15})->values.size(), 513U);
  }
}

}  // namespace
}  // namespace qmn
