// SPDX-License-Identifier: Apache-2.0
// The `dsp` kernels equal the `ref` kernels: here in their C, on the emulated core in their assembly (tests/board/kernels_on_board_test.cpp).
#include "dsp_check.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(DspKernels, EqualTheReferenceOnOddShapesPadsStridesAndInPlace) { EXPECT_EQ(qmn_dsp_check(3000), 0); }

}  // namespace
}  // namespace qmn
