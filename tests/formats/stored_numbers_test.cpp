// SPDX-License-Identifier: Apache-2.0
// Packed numbers against bytes that are written out by hand.
#include "formats/stored_numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace qmn {
namespace {

using namespace std::string_literals;
using Numbers = std::vector<double>;

TEST(StoredNumbers, EveryTypeIsLittleEndianAndSigned) {
  EXPECT_EQ(unpack(StoredType::float32, "\x00\x00\xC0\xBF\x00\x00\x80\x3F"s), (Numbers{-1.5, 1}));
  EXPECT_EQ(unpack(StoredType::float64, "\x00\x00\x00\x00\x00\x00\xF8\xBF"s), (Numbers{-1.5}));
  EXPECT_EQ(unpack(StoredType::float16, "\x00\xBE\x00\x3C"s), (Numbers{-1.5, 1}));
  EXPECT_EQ(unpack(StoredType::int64, "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), (Numbers{-2}));
  EXPECT_EQ(unpack(StoredType::int32, "\x01\x02\x00\x00\xFE\xFF\xFF\xFF"s), (Numbers{513, -2}));
  EXPECT_EQ(unpack(StoredType::int16, "\x01\x02\xFE\xFF"s), (Numbers{513, -2}));
  EXPECT_EQ(unpack(StoredType::int8, "\x7F\x80"s), (Numbers{127, -128}));
  EXPECT_EQ(unpack(StoredType::uint8, "\x7F\x80"s), (Numbers{127, 128}));
  EXPECT_EQ(unpack(StoredType::boolean, "\x01\x00"s), (Numbers{1, 0}));
}

TEST(StoredNumbers, ACutNumberAtTheEndIsNone) {
  EXPECT_EQ(unpack(StoredType::int32, "\x01\x00\x00\x00\x02\x00\x00"s), (Numbers{1}));
  EXPECT_EQ(unpack(StoredType::float16, "\x00"s), Numbers{});
  EXPECT_EQ(unpack(StoredType::float64, ""s), Numbers{});
}

TEST(StoredNumbers, HalvesAtTheEdgesOfTheFormat) {
  EXPECT_EQ(half_to_double(0x0000), 0);
  EXPECT_TRUE(std::signbit(half_to_double(0x8000)));
  EXPECT_EQ(half_to_double(0x0001), std::ldexp(1, -24));
  EXPECT_EQ(half_to_double(0x03FF), 1023 * std::ldexp(1, -24));
  EXPECT_EQ(half_to_double(0x0400), std::ldexp(1, -14));
  EXPECT_EQ(half_to_double(0x7BFF), 65504);
  EXPECT_EQ(half_to_double(0xFC00), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(half_to_double(0x7E00)));
}

TEST(StoredNumbers, NumbersRiseWithTheirHalf) {
  for (std::uint16_t bits = 0; bits < 0x7C00; ++bits) ASSERT_LT(half_to_double(bits), half_to_double(static_cast<std::uint16_t>(bits + 1))) << bits;
}

TEST(StoredNumbers, FloatsOfEveryWidthAreFloats) {
  for (const StoredType type : {StoredType::float32, StoredType::float64, StoredType::float16}) EXPECT_EQ(element_type(type), ElementType::float32);
  EXPECT_EQ(element_type(StoredType::uint8), ElementType::uint8);
  EXPECT_EQ(element_type(StoredType::boolean), ElementType::boolean);
}

}  // namespace
}  // namespace qmn
