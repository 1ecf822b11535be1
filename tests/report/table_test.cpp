// SPDX-License-Identifier: Apache-2.0
#include "report/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace qmn {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Table, AlignsNumbersRightAndTextLeft) {
  Table table({"word", "clips", "share"});
  table.add_row({"yes", "7", "3.5 %"});
  table.add_row({"unknown", "1200", "-"});
  EXPECT_EQ(table.text(),
            "word     clips  share\n"
            "---------------------\n"
            "yes          7  3.5 %\n"
            "unknown   1200      -\n");
}

TEST(Table, AQFormatIsTextNotANumber) {
  Table table({"value", "format"});
  table.add_row({"input", "Q5.2"});
  table.add_row({"conv", "Q10.-3"});
  EXPECT_EQ(lines_of(table.text())[2], "input  Q5.2");
}

TEST(Table, WrapsTheWidestTextWithinTheWidthLimit) {
  Table table({"name", "path", "count"});
  std::string words;
  for (int i = 0; i < 40; ++i) words += "word" + std::to_string(i) + ' ';
  table.add_row({"a", words, "12"});
  table.add_row({"b", std::string(150, 'x'), "3"});
  const std::string text = table.text();
  for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), Table::kMaxWidth) << line;
  for (int i = 0; i < 40; ++i) EXPECT_NE(text.find("word" + std::to_string(i)), std::string::npos) << i;
  EXPECT_EQ(std::count(text.begin(), text.end(), 'x'), 150);
}

TEST(Table, AWordOfAnyLengthStaysWithinTheWidthLimit) {
  for (std::size_t length = 1; length < 2 * Table::kMaxWidth; ++length) {
    Table table({"path", "count"});
    table.add_row({std::string(length, 'x'), "3"});
    const std::string text = table.text();
    for (const std::string& line : lines_of(text)) ASSERT_LE(line.size(), Table::kMaxWidth) << line;
    ASSERT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), 'x')), length);
  }
}

TEST(Table, CountsLettersNotBytes) {
  Table table({"länge", "n"});
  table.add_row({"größe", "1"});
  EXPECT_EQ(table.text(), "länge  n\n--------\ngröße  1\n");
}

TEST(StreamedTable, KeepsItsColumnsWhateverComes) {
  const StreamedTable table({"clip", "label", "score"}, {6, 9});
  EXPECT_EQ(table.header_text(),
            "clip    label      score\n"
            "------------------------\n");
  EXPECT_EQ(table.row_text({"größe", "_unknown_", "0.50"}), "größe   _unknown_  0.50\n");
  EXPECT_EQ(table.row_text({"a", "yes", ""}), "a       yes\n");
}

TEST(StreamedTable, AWiderCellPushesTheRestOfItsRowOnly) {
  const StreamedTable table({"clip", "label", "score"}, {6, 7});
  EXPECT_EQ(table.row_text({"a/long/name", "yes", "0.50"}), "a/long/name  yes  0.50\n");
  EXPECT_EQ(table.row_text({"longer.w", "yes", "0.50"}), "longer.w  yes    0.50\n");
}

TEST(ConfusionText, ShowsCountsClipsAndRecall) {
  const ConfusionMatrix matrix{{"yes", "no"}, {3, 1, 0, 6}};
  EXPECT_EQ(confusion_text(matrix),
            "truth  yes  no  clips   recall\n"
            "------------------------------\n"
            "yes      3   1      4   75.0 %\n"
            "no       -   6      6  100.0 %\n");
}

TEST(ConfusionText, TwelveClassesFitTheLine) {
  ConfusionMatrix matrix;
  matrix.labels = {"_silence_", "_unknown_", "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"};
  matrix.counts.assign(144, 408);
  for (const std::string& line : lines_of(confusion_text(matrix))) EXPECT_LE(line.size(), Table::kMaxWidth) << line;
}

}  // namespace
}  // namespace qmn
