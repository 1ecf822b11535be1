// SPDX-License-Identifier: Apache-2.0
// The `mve` kernels equal the `ref` kernels: here in their C, on the emulated core in its instructions (tests/board/kernels_on_board_test.cpp).
#include "mve_check.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(MveKernels, EqualTheReferenceOnOddShapesPadsStridesAndInPlace) { EXPECT_EQ(qmn_mve_check(3000), 0); }

}  // namespace
}  // namespace qmn
