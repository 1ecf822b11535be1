// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(Text, ControlCharactersBecomeEscapes) {
  EXPECT_EQ(printable("a\nb\r\x1b[31m\x7f\t"), "a\\x0ab\\x0d\\x1b[31m\\x7f\\x09");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Text, TheRestStaysAsItIs) { EXPECT_EQ(printable("yes, „ja“ \\ ~"), "yes, „ja“ \\ ~"); }

TEST(Text, EditsAreCountedBothWays) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("sitting", "kitten"), 3u);
  EXPECT_EQ(edit_distance("steps", "stpes"), 1u);
  EXPECT_EQ(edit_distance("abcd", "badc"), 2u);
}

TEST(Text, TheNearestWordIsTheFirstOfTheFewestEdits) {
  const std::vector<std::string> words{"seed", "size", "steps", "step"};
  EXPECT_EQ(nearest_word("stps", words), "steps");
  EXPECT_EQ(nearest_word("see", words), "seed");
  EXPECT_EQ(nearest_word("sede", std::vector<std::string>{"set", "seed"}), "seed");
  EXPECT_EQ(nearest_word("x", std::vector<std::string>{}), "");
}

}  // namespace
}  // namespace qmn
