// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace qmn::oracle {
namespace {

Bytes all_bytes() {
  Bytes bytes;
  for (int value = -128; value <= 127; ++value) bytes.push_back(static_cast<std::int8_t>(value));
  return bytes;
}

TEST(Requantize, EqualsTheFormulaForEveryByteAndEveryShift) {
  const Bytes input = all_bytes();
  for (std::int32_t left = 0; left <= 22; ++left) {
    for (std::int32_t right = 0; right <= 30; ++right) {
      for (const auto& [low, high] : {std::pair<std::int8_t, std::int8_t>{-128, 127}, {0, 127}, {-5, 6}}) {
        Bytes expected;
        for (std::int8_t value : input) {
          const double rounded = std::floor(std::ldexp(real(value), left - right) + 0.5);
          expected.push_back(static_cast<std::int8_t>(std::clamp(rounded, real(low), real(high))));
        }
        const qmn_requantize layer{256, left, right, low, high};
        GuardedOutput output(256);
        qmn_requantize_s8_ref(&layer, input.data(), output.data());
        ASSERT_EQ(output.take(), expected) << "left " << left << ", right " << right;
        Bytes in_place = input;
        qmn_requantize_s8_ref(&layer, in_place.data(), in_place.data());
        ASSERT_EQ(in_place, expected) << "in place, left " << left << ", right " << right;
      }
    }
  }
}

TEST(Requantize, TouchesCountValuesAlone) {
  for (std::int32_t count = 0; count <= 70; ++count) {
    const Bytes input(static_cast<std::size_t>(count), 3);
    const qmn_requantize layer{count, 1, 0, -128, 127};
    GuardedOutput output(count);
    qmn_requantize_s8_ref(&layer, input.data(), output.data());
    EXPECT_EQ(output.take(), Bytes(static_cast<std::size_t>(count), 6));
  }
}

}  // namespace
}  // namespace qmn::oracle
