// SPDX-License-Identifier: Apache-2.0
// report.html as bytes: one file, and no text of the data can leave its block.
#include "report/html.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(ReportHtml, DataCannotEndItsBlock) {
  const nlohmann::json data{{"title", "</script><b>"}, {"remarks", {"<!--", "]]>", "\xff"}}};
  const std::string page = report_html(data), plain = report_html({{"title", ""}});
  EXPECT_EQ(count(page, "</script"), count(plain, "</script"));
  EXPECT_EQ(count(page, "<b>"), 0u);
  EXPECT_EQ(count(page, "<!--"), count(plain, "<!--"));
  const std::size_t begin = page.find('>', page.find("id=\"report-data\"")) + 1;
  const nlohmann::json read = nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  EXPECT_EQ(read.at("title"), data.at("title"));
}

TEST(ReportHtml, NamesNothingToLoad) {
  const std::string page = report_html({{"title", "net"}});
  for (const char* part : {" src=", "@import", "url(http", "url(//", "<link rel=\"stylesheet"}) EXPECT_EQ(count(page, part), 0u) << part;
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

TEST(ReportHtml, KeepsTheLicensesOfItsLibrary) {
  const std::string page = report_html({{"title", "net"}});
  for (const char* part : {"@observablehq/plot", "Copyright 2010-2023 Mike Bostock", "Permission to use, copy, modify"}) EXPECT_NE(page.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace qmn
