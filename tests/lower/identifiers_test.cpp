// SPDX-License-Identifier: Apache-2.0
#include "lower/identifiers.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(CIdentifier, KeepsLettersAndDigitsAndJoinsTheRest) {
  EXPECT_EQ(c_identifier("conv1/weights:0", "x"), "conv1_weights_0");
  EXPECT_EQ(c_identifier("DS-CNN (small)", "x"), "DS_CNN_small");
  EXPECT_EQ(c_identifier("__a__b__", "x"), "a_b") << "no leading or double underscores: they are reserved";
  EXPECT_EQ(c_identifier("größe", "x"), "gr_e");
}

TEST(CIdentifier, NeverStartsWithADigit) { EXPECT_EQ(c_identifier("123", "x"), "n123"); }

TEST(CIdentifier, FallsBackWhenNothingIsLeft) {
  EXPECT_EQ(c_identifier("", "layer"), "layer");
  EXPECT_EQ(c_identifier("/:/", "layer"), "layer");
}

TEST(CIdentifier, IsNeverAKeywordOfCOrCpp) {
  EXPECT_EQ(c_identifier("int", "x"), "int_value");
  EXPECT_EQ(c_identifier("class", "x"), "class_value");
  EXPECT_EQ(c_identifier("integer", "x"), "integer");
}

TEST(Identifiers, HandsOutEachNameOnceWhateverItsCase) {
  Identifiers names;
  EXPECT_EQ(names.take("conv", "x"), "conv");
  EXPECT_EQ(names.take("conv", "x"), "conv_2");
  EXPECT_EQ(names.take("Conv", "x"), "Conv_3");
  EXPECT_EQ(names.take("conv_2", "x"), "conv_2_2");
  EXPECT_EQ(names.take("", "layer"), "layer");
  EXPECT_EQ(names.take("", "layer"), "layer_2");
}

}  // namespace
}  // namespace qmn
