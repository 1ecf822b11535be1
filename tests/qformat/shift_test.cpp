// SPDX-License-Identifier: Apache-2.0
#include "qformat/qformat.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

// Input Q5.2, weights Q0.7, a bias with 8 fractional bits, output Q5.2.
TEST(Shifts, TheWorkedExample) {
  const QFormat input{8, 2}, weight{8, 7}, bias{8, 8}, output{8, 2};
  EXPECT_EQ(bias_shift(input, weight, bias), 1);
  EXPECT_EQ(out_shift(input, weight, output), 7);
  EXPECT_EQ(accumulator_frac_bits(input, weight), 9);
}

TEST(Shifts, KeepTheRealValueForAllFormats) {
  for (int fx = -10; fx <= 10; ++fx) {
    for (int fw = -10; fw <= 10; ++fw) {
      for (int other = -10; other <= 10; ++other) {
        const QFormat in{8, fx}, weight{8, fw}, third{8, other};
        const double accumulator_step = in.step() * weight.step();
        EXPECT_EQ(third.step(), accumulator_step * QFormat({32, -bias_shift(in, weight, third)}).step());
        EXPECT_EQ(third.step(), accumulator_step * QFormat({32, -out_shift(in, weight, third)}).step());
        EXPECT_EQ(third.step(), in.step() * QFormat({32, -requantize_shift(in, third)}).step());
      }
    }
  }
}

TEST(Shifts, NegativeOnesAreReportedAsSuch) {
  EXPECT_EQ(out_shift({8, 2}, {8, 3}, {8, 7}), -2);
  EXPECT_EQ(bias_shift({8, 2}, {8, 3}, {8, 7}), -2);
  EXPECT_EQ(requantize_shift({8, 2}, {8, 7}), -5);
}

}  // namespace
}  // namespace qmn
