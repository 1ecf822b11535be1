// SPDX-License-Identifier: Apache-2.0
// report.html in headless Chromium: every section with the right number of rows and marks, no error, no request, no sideways scroll on a
// phone. Skipped where Chromium or playwright-core is missing: scripts/setup.sh --tests
#include "dense_report.h"

#include "base/file.h"
#include "base/subprocess.h"
#include "report/html.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace qmn {
namespace {

constexpr const char* kHostile = "</script><b>bold</b><!--";

/// The data of a dense net of `layer_count` layers. Its names and texts try to be markup.
nlohmann::json report_of(int layer_count) { return testing::DenseReport(layer_count, kHostile).json(); }

class PageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* set = std::getenv("QMN_REPORT_PAGE");
    const std::filesystem::path folder = set != nullptr ? set : QMN_REPORT_PAGE_DEFAULT;
    if (!std::filesystem::exists(folder / "node_modules" / "playwright-core")) GTEST_SKIP() << "playwright-core is not installed in " << folder.string() << " (tests/report/page/install.sh)";
    if (!find_program("node")) GTEST_SKIP() << "node is not installed";
    if (!find_program("chromium") && std::getenv("QMN_CHROMIUM") == nullptr) GTEST_SKIP() << "chromium is not installed";
    ::setenv("QMN_REPORT_PAGE", folder.c_str(), 1);
  }

  /// What Chromium makes of the page.
  nlohmann::json open(const nlohmann::json& data, int width) {
    const std::string page = (folder_.path() / "report.html").string();
    write_file_atomic(page, report_html(data));
    const ProcessResult result = run_process({"node", QMN_REPORT_INSPECT, page, std::to_string(width)});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? nlohmann::json::parse(result.out) : nlohmann::json();
  }

 private:
  TemporaryFolder folder_;
};

class ReportPage : public PageTest, public ::testing::WithParamInterface<int> {};

TEST_P(ReportPage, HasEverySectionWithItsRowsAndMarksOnAnyScreen) {
  const nlohmann::json data = report_of(GetParam());
  const auto layers = static_cast<std::size_t>(GetParam());
  const std::size_t tensors = 3 * layers + 1;  // weights, bias and output of each layer, and the input
  for (const int width : {1200, 390}) {
    const nlohmann::json page = open(data, width);
    ASSERT_TRUE(page.is_object());
    EXPECT_EQ(page.at("errors"), nlohmann::json::array());
    EXPECT_EQ(page.at("requests"), nlohmann::json::array());
    EXPECT_EQ(page.at("overflow"), 0) << "the page itself must not scroll sideways at " << width;
    EXPECT_EQ(page.at("heading"), "net.q.onnx");
    EXPECT_EQ(page.at("sections"), (std::vector<std::string>{"summary", "confusion", "layers", "sensitivity", "tensors", "search", "memory", "costs", "remarks", "settings"}));
    EXPECT_EQ(page.at("links").size(), 10u);
    EXPECT_EQ(page.at("tiles"), 8);
    EXPECT_EQ(page.at("matrixCells"), 3 * 4 * 4);
    EXPECT_EQ(page.at("layers").size(), layers);
    ASSERT_EQ(page.at("tensors").size(), tensors);
    for (std::size_t i = 0; i < tensors; ++i) {
      EXPECT_EQ(page.at("tensors").at(i), data.at("tensors").at(i).at("name"));
      const auto counts = data.at("tensors").at(i).at("histogram").at("counts").get<std::vector<std::int64_t>>();
      EXPECT_EQ(page.at("bars").at(i).get<std::int64_t>(), std::ranges::count_if(counts, [](std::int64_t count) { return count > 0; })) << i;
    }
    EXPECT_EQ(page.at("moves"), 7) << "the start and six moves";
    EXPECT_EQ(page.at("moveRows"), 6);
    EXPECT_EQ(page.at("recipeRows"), 2);
    EXPECT_EQ(page.at("candidates").size(), tensors);
    for (const auto& text : page.at("candidates")) EXPECT_NE(text.get<std::string>().find("(minmax"), std::string::npos) << text;
    for (const char* bars : {"leaveOneOut", "oneOnly", "sensitivityRows"}) EXPECT_EQ(page.at(bars), tensors) << bars;
    EXPECT_EQ(page.at("places"), data.at("memory").at("tensors").size());
    EXPECT_EQ(page.at("costs"), nlohmann::json(std::vector<std::size_t>(3, data.at("kernels").size())));
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, ReportPage, ::testing::Values(5, 60));

TEST_F(PageTest, TextOfTheModelStaysText) {
  const nlohmann::json page = open(report_of(5), 1200);
  ASSERT_TRUE(page.is_object());
  EXPECT_EQ(page.at("markup"), 0);
  EXPECT_EQ(page.at("errors"), nlohmann::json::array());
  const auto tensors = page.at("tensors").get<std::set<std::string>>();
  EXPECT_TRUE(tensors.contains(kHostile));
  EXPECT_EQ(page.at("matrixLabels").at(1), kHostile);
  EXPECT_EQ(page.at("remarks"), (std::vector<std::string>{kHostile, "a second remark"}));
  EXPECT_EQ(page.at("settings"), (std::vector<std::string>{kHostile}));
}

}  // namespace
}  // namespace qmn
