// SPDX-License-Identifier: Apache-2.0
#include "qformat/qformat.h"

#include "base/error.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

namespace qmn {
namespace {

TEST(QFormat, NamesAndRangesFollowTheConventionWithoutTheSign) {
  const QFormat q0_7{8, 7}, q5_2{8, 2};
  EXPECT_EQ(q0_7.name(), "Q0.7");
  EXPECT_EQ(q0_7.real_min(), -1.0);
  EXPECT_EQ(q0_7.real_max(), 127.0 / 128);
  EXPECT_EQ(q5_2.name(), "Q5.2");
  EXPECT_EQ(q5_2.int_bits(), 5);
  EXPECT_EQ(q5_2.real_min(), -32.0);
  EXPECT_EQ(q5_2.real_max(), 31.75);
  EXPECT_EQ(q5_2.step(), 0.25);
  EXPECT_EQ((QFormat{8, 9}.name()), "Q-2.9");
  EXPECT_EQ((QFormat{8, -3}.name()), "Q10.-3");
  EXPECT_EQ((QFormat{8, -3}.step()), 8.0);
  EXPECT_EQ((QFormat{16, 15}.raw_min()), -32768);
  EXPECT_EQ((QFormat{32, 20}.raw_max()), 2147483647);
}

TEST(IntBits, EqualsCeilLog2OnExactPowersOfTwoAndTheirNeighbours) {
  for (int exponent = -60; exponent <= 60; ++exponent) {
    const double power = std::ldexp(1.0, exponent);
    EXPECT_EQ(int_bits_for(power), exponent) << "2^" << exponent;
    EXPECT_EQ(int_bits_for(std::nextafter(power, 1e300)), exponent + 1) << "just above 2^" << exponent;
    EXPECT_EQ(int_bits_for(std::nextafter(power, 0.0)), exponent) << "just below 2^" << exponent;
  }
}

TEST(IntBits, AnAllZeroTensorHasNone) {
  EXPECT_EQ(int_bits_for(0.0), 0);
  EXPECT_EQ(format_for(0.0), (QFormat{8, 7}));
}

TEST(IntBits, NonFiniteRangesAreErrors) {
  for (double bad :
       {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(int_bits_for(bad), Error) << bad;
    EXPECT_THROW(format_for(bad), Error) << bad;
  }
}

TEST(FormatFor, FollowsTheClassicRule) {
  EXPECT_EQ(format_for(31.0), (QFormat{8, 2}));
  EXPECT_EQ(format_for(32.0), (QFormat{8, 2}));
  EXPECT_EQ(format_for(32.1), (QFormat{8, 1}));
  EXPECT_EQ(format_for(1.0), (QFormat{8, 7}));
  EXPECT_EQ(format_for(0.2), (QFormat{8, 9}));
  EXPECT_EQ(format_for(247.0), (QFormat{8, -1}));
  EXPECT_EQ(format_for(1.0, 32), (QFormat{32, 31}));
  EXPECT_EQ(format_for(3.0, 16), (QFormat{16, 13}));
}

TEST(FormatFor, FracBitsStayInTheRangeOfFloat) {
  EXPECT_EQ(format_for(1e-30).frac_bits, kMaxFracBits);
  EXPECT_EQ(format_for(1e+30).frac_bits, -kMaxFracBits);
}

TEST(FormatFor, IsTheNarrowestThatHoldsTheRange) {
  EXPECT_TRUE(rc::check("2^(int_bits-1) < max_abs <= 2^int_bits", [](std::uint32_t bits) {
    const double max_abs = std::ldexp(static_cast<double>(bits) + 1, *rc::gen::inRange(-32, 0));  // 2^-32 … 2^32
    const QFormat format = format_for(max_abs);
    RC_ASSERT(max_abs <= -format.real_min());
    RC_ASSERT(max_abs > -format.real_min() / 2);
  }));
}

TEST(ActMax, StandsForSevenMinusItsExponent) {
  EXPECT_EQ(format_for_act_max(32), (QFormat{8, 2}));
  EXPECT_EQ(format_for_act_max(1), (QFormat{8, 7}));
  EXPECT_EQ(format_for_act_max(0.5), (QFormat{8, 8}));
  EXPECT_EQ(format_for_act_max(256), (QFormat{8, -1}));
}

TEST(ActMax, RefusesWhatIsNoPowerOfTwo) {
  for (double bad : {3.0, 31.75, -32.0, -1.0, 0.0, 0.3, 1e300 * 1e300, std::nan("")}) {
    try {
      format_for_act_max(bad);
      ADD_FAILURE() << bad << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_NE(std::string(error.what()).find("--act_max"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace qmn
