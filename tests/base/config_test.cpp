// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include "support/expect_error.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

using testing::expect_error;

TEST(Config, KeysComeByLineWithTheirTables) {
  const std::vector<ConfigEntry> entries = read_config("seed = 7\n[train]\nwords = [\"yes\", 'no']\nrate = 5e-4\n\n[data.synth]\nstrict = true\ndir = \"a b\"\n", "x");
  ASSERT_EQ(entries.size(), 5u);
  EXPECT_TRUE(entries[0].tables.empty());
  EXPECT_EQ(entries[0].key, "seed");
  EXPECT_EQ(entries[0].values, std::vector<std::string>{"7"});
  EXPECT_EQ(entries[0].line, 1);
  EXPECT_EQ(entries[1].tables, std::vector<std::string>{"train"});
  EXPECT_EQ(entries[1].kind, ConfigEntry::Kind::list);
  EXPECT_EQ(entries[1].values, (std::vector<std::string>{"yes", "no"}));
  EXPECT_EQ(entries[2].values, std::vector<std::string>{"0.0005"});
  EXPECT_EQ(entries[3].tables, (std::vector<std::string>{"data", "synth"}));
  EXPECT_EQ(entries[3].kind, ConfigEntry::Kind::boolean);
  EXPECT_EQ(entries[3].line, 7);
  EXPECT_EQ(entries[4].values, std::vector<std::string>{"a b"});
}

TEST(Config, WhatIsNoTomlIsNamedByLineAndColumn) {
  for (const char* text : {"a = 1\nb = \n", "a = 1\n[b\n", "a = 1\na = 2\n", "a = 1\nb = \"\xff\"\n", "a = 1\n\x01"}) {
    expect_error(ErrorKind::data, {"f.toml:2:"}, [&] { read_config(text, "f.toml"); });
  }
}

TEST(Config, LettersBeyondAsciiAreLetters) {
  const std::vector<ConfigEntry> entries = read_config("# für Ӑ\n\"größe\" = \"ö ж\"\n", "f.toml");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].key, "größe");
  EXPECT_EQ(entries[0].values, std::vector<std::string>{"ö ж"});
  expect_error(ErrorKind::data, {"f.toml:1:"}, [] { read_config("größe = 1\n", "f.toml"); });
  expect_error(ErrorKind::data, {"f.toml:1:"}, [] { read_config("[ö]\n", "f.toml"); });
}

/// The parser takes for granted that a key begins behind a point.
TEST(Config, ATableNameThatBeginsWithAPointIsAnErrorOfItsLine) {
  expect_error(ErrorKind::data, {"f.toml:1: is no TOML"}, [] { read_config("[.", "f.toml"); });
  expect_error(ErrorKind::data, {"f.toml:3: is no TOML"}, [] { read_config("a = 1\n\n[.b]\nc = 2\n", "f.toml"); });
}

TEST(Config, ValuesThatNoFlagCanTakeAreRefused) {
  expect_error(ErrorKind::data, {"f.toml:1: day", "must be"}, [] { read_config("day = 1979-05-27\n", "f.toml"); });
  expect_error(ErrorKind::data, {"f.toml:1: list", "must be"}, [] { read_config("list = [[1], [2]]\n", "f.toml"); });
  expect_error(ErrorKind::data, {"f.toml:1: list", "empty"}, [] { read_config("list = []\n", "f.toml"); });
}

TEST(Config, DeepNestingIsAnErrorAndNoCrash) {
  expect_error(ErrorKind::data, {"f.toml:1:"}, [] { read_config("a = " + std::string(100000, '['), "f.toml"); });
}

}  // namespace
}  // namespace qmn
