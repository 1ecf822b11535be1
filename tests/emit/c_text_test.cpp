// SPDX-License-Identifier: Apache-2.0
#include "emit/c_text.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(CText, NamesAreUniqueAndNeverReserved) {
  CNames names({"qmn_"});
  EXPECT_EQ(names.unique("conv"), "conv");
  EXPECT_EQ(names.unique("conv"), "conv_2");
  EXPECT_EQ(names.unique("conv_2"), "conv_2_2");
  EXPECT_EQ(names.unique("arena"), "n_arena");
  EXPECT_EQ(names.unique("qmn_conv2d"), "n_qmn_conv2d");
  EXPECT_EQ(names.unique("conv1/weights:0"), "conv1_weights_0");
}

TEST(CText, CommentsCannotBeClosedOrOpenedByNames) {
  EXPECT_EQ(comment_text("a*/b"), "a* /b");
  EXPECT_EQ(comment_text("a/*b"), "a/ *b");
  EXPECT_EQ(comment_text("*/*/"), "* / * /");
  EXPECT_EQ(comment_text("a\nb"), "a b");
}

TEST(CText, StringLiteralsEscapeWhatCReads) {
  EXPECT_EQ(string_literal("yes"), "\"yes\"");
  EXPECT_EQ(string_literal("a\"b\\c?"), "\"a\\\"b\\\\c\\?\"");
  EXPECT_EQ(string_literal("\xc3\xa9""1\n"), "\"\\303\\2511\\012\"");
}

TEST(CText, TemplatesReplaceEveryKeyOnce) {
  EXPECT_EQ(fill_template("@A@ and @B@@A@", {{"A", "x"}, {"B", "@A@"}}), "x and @A@x");
  EXPECT_DEATH(fill_template("@C@", {{"A", "x"}}), "every template key has a value");
  EXPECT_DEATH(fill_template("a@b", {}), "come in pairs");
}

TEST(CText, NumbersAreListedInGroups) {
  CWriter out;
  const std::vector<std::int8_t> values{1, -2, 3, 4, -128, 127};
  out.open("x = {{");
  out.numbers(std::span<const std::int8_t>(values), 3, "out");
  out.close("};");
  EXPECT_EQ(out.take(), "x = {\n  /* out 0 */\n     1,   -2,    3,\n  /* out 1 */\n     4, -128,  127,\n};\n");
}

}  // namespace
}  // namespace qmn
