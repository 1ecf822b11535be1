// SPDX-License-Identifier: Apache-2.0
// The lines of the live view, letter by letter, and what they hide on small terminals.
#include "stream/live_view.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace qmn {
namespace {

std::size_t letters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

const LiveFrame kFrame{.source = "a.wav", .seconds = 3725.9, .level_db = -30, .bars = {{.word = "_silence_", .score = 0.25}, {.word = "yes", .score = 0.8125, .threshold = 0.5, .is_resting = true}, {.word = "no", .score = 0.0, .threshold = 0.5}}};

TEST(LiveView, BarsAreFilledByEighthsWithAMarkAtTheThreshold) {
  const auto lines = live_lines(kFrame, 28, 24, false);  // 7 letters of names, a blank and 10 of numbers leave 10 for a bar
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0], "a.wav 1:02:05  Ctrl-C ends");
  EXPECT_EQ(lines[1], "level   █████····· -30 dB");  // -30 of -60 dB
  EXPECT_EQ(lines[2], "_silenc ██▌······· 0.25");
  EXPECT_EQ(lines[3], "yes     ████████▏· 0.81 ◀");
  EXPECT_EQ(lines[4], "no      ·····┆···· 0.00");
}

TEST(LiveView, NoLineIsWiderThanTheTerminalAndNoneMoreThanItsRows) {
  for (const std::size_t columns : {20U, 33U, 80U, 200U}) {
    for (const std::string& line : live_lines(kFrame, columns, 24, false)) EXPECT_LE(letters(line), columns) << line;
  }
  EXPECT_EQ(live_lines(kFrame, 80, 3, false).size(), 3U);
}

TEST(LiveView, ABarAtItsThresholdIsGreen) {
  const auto lines = live_lines(kFrame, 80, 24, true);
  EXPECT_NE(lines[3].find("\033[32m"), std::string::npos);
  EXPECT_EQ(lines[2].find("\033[32m"), std::string::npos) << "a word that is never heard";
  EXPECT_EQ(lines[4].find("\033[32m"), std::string::npos);
}

TEST(LiveView, TheLevelIsThatOfTheSamples) {
  EXPECT_EQ(level_db({}), -96);
  EXPECT_EQ(level_db({0, 0}), -96);
  EXPECT_NEAR(level_db({16384, -16384}), -6.0206, 1e-4);
}

}  // namespace
}  // namespace qmn
