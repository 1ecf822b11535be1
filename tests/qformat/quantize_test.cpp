// SPDX-License-Identifier: Apache-2.0
#include "qformat/qformat.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <vector>

namespace qmn {
namespace {

TEST(Quantize, EveryByteOfEveryFormatSurvivesTheRoundTrip) {
  for (int frac_bits = -kMaxFracBits; frac_bits <= kMaxFracBits; ++frac_bits) {
    const QFormat format{8, frac_bits};
    for (int raw = -128; raw <= 127; ++raw) {
      ASSERT_EQ(quantize(dequantize(raw, format), format), raw) << format.name();
      ASSERT_EQ(static_cast<double>(static_cast<float>(dequantize(raw, format))), dequantize(raw, format)) << "float holds it exactly";
    }
  }
}

TEST(Quantize, TiesGoUpBetweenAllNeighbours) {
  for (int frac_bits : {-5, 0, 2, 7, 13}) {
    const QFormat format{8, frac_bits};
    for (int raw = -128; raw < 127; ++raw) {
      const auto tie = static_cast<float>(std::ldexp(raw + 0.5, -frac_bits));
      const float below = std::nextafter(tie, -std::numeric_limits<float>::max());
      ASSERT_EQ(quantize(static_cast<double>(tie), format), raw + 1) << format.name();
      ASSERT_EQ(quantize(static_cast<double>(below), format), raw) << "the float just below the tie, " << format.name();
    }
  }
}

TEST(Quantize, SaturatesAtTheFormat) {
  const QFormat q0_7{8, 7};
  EXPECT_EQ(quantize(1.0, q0_7), 127) << "+128 saturates";
  EXPECT_EQ(quantize(127.5 / 128, q0_7), 127) << "a tie that would be +128";
  EXPECT_EQ(quantize(-1.0, q0_7), -128);
  EXPECT_EQ(quantize(-128.5 / 128, q0_7), -128) << "a tie at the lower end";
  EXPECT_EQ(quantize(-1e30, q0_7), -128);
  EXPECT_EQ(quantize(std::numeric_limits<double>::infinity(), q0_7), 127);
  EXPECT_EQ(quantize(-std::numeric_limits<double>::infinity(), q0_7), -128);
  EXPECT_EQ(quantize(1e30, {32, 0}), 2147483647);
  EXPECT_EQ(quantize(-1e30, {32, 0}), -2147483648LL);
}

TEST(Quantize, ErrsByAtMostHalfAStepInsideTheRange) {
  EXPECT_TRUE(rc::check("|real - quantized| <= step / 2", [](std::int32_t numerator, int bits) {
    const QFormat format{8, bits % (kMaxFracBits + 1)};
    const double position = static_cast<double>(numerator) / 2147483648.0;  // [-1, 1)
    const double real = position >= 0 ? position * format.real_max() : -position * format.real_min();
    RC_ASSERT(std::fabs(dequantize(quantize(real, format), format) - real) <= format.step() / 2);
  }));
}

TEST(Quantize, IsMonotonic) {
  EXPECT_TRUE(rc::check("a <= b gives quantize(a) <= quantize(b)", [](std::int32_t a, std::int32_t b, int bits) {
    const QFormat format{8, bits % 20};
    const double low = std::ldexp(std::min(a, b), -16), high = std::ldexp(std::max(a, b), -16);
    RC_ASSERT(quantize(low, format) <= quantize(high, format));
  }));
}

TEST(QuantizeS8, EqualsTheFormulaForEachValue) {
  std::vector<float> reals;
  for (int i = -2000; i <= 2000; ++i) reals.push_back(static_cast<float>(i) / 64.0f);
  const QFormat q3_4{8, 4};
  const std::vector<std::int8_t> raw = quantize_s8(reals, q3_4);
  const std::vector<float> fake = fake_quantize(reals, q3_4);
  ASSERT_EQ(raw.size(), reals.size());
  ASSERT_EQ(fake.size(), reals.size());
  for (std::size_t i = 0; i < reals.size(); ++i) {
    const double expected = std::min(127.0, std::max(-128.0, std::floor(static_cast<double>(reals[i]) * 16 + 0.5)));
    ASSERT_EQ(static_cast<double>(raw[i]), expected) << reals[i];
    ASSERT_EQ(static_cast<double>(fake[i]), expected / 16) << reals[i];
  }
}

TEST(QuantizeDeathTest, NanIsABrokenInvariant) { EXPECT_DEATH(quantize(std::nan(""), {8, 7}), "NaN"); }

}  // namespace
}  // namespace qmn
