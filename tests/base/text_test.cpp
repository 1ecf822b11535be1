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

}  // namespace
}  // namespace qmn
