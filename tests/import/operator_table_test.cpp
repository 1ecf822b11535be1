// SPDX-License-Identifier: Apache-2.0
// docs/importing.md shows what the code supports. To bring it up to date: qmn import --list-operators
#include "base/file.h"
#include "import/foreign.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace qmn {
namespace {

TEST(OperatorTable, TheGuideShowsWhatTheCodeSupports) {
  std::string table = "| format | operators |\n|---|---|\n";
  for (const FormatOperators& format : supported_operators()) table += fmt::format("| {} | {} |\n", format.format, fmt::join(format.operators, ", "));
  const std::string guide = read_file(QMN_IMPORT_GUIDE);
  const std::string begin = "<!-- operators -->\n", end = "<!-- /operators -->";
  const std::size_t first = guide.find(begin), last = guide.find(end);
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(last, std::string::npos);
  EXPECT_EQ(guide.substr(first + begin.size(), last - first - begin.size()), table) << "paste the output of qmn import --list-operators between the marks";
}

}  // namespace
}  // namespace qmn
