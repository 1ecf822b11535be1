// SPDX-License-Identifier: Apache-2.0
// qmn report, and the report of qmn quantize, through the program. What the page shows is tested in tests/report.
#include "cli_fixture.h"

#include <nlohmann/json.hpp>

#include <set>

namespace qmn {
namespace {

namespace fs = std::filesystem;

class ReportCommand : public testing::CliTest {
 protected:
  static void SetUpTestSuite() {
    CliTest::SetUpTestSuite();
    const ProcessResult result = qmn({"quantize", checkpoint().string(), "--data", data().string(), "-o", "q.onnx", "--method", "minmax", "--calibration_clips", "24",
                                      "--report", "search.html", "--quiet"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  static ProcessResult report(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"report", "q.onnx", "--data", data().string(), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return qmn(arguments);
  }
  static std::set<std::string> files() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder())) names.insert(entry.path().filename().string());
    return names;
  }
};

TEST_F(ReportCommand, WritesOnePageThatNamesTheModelAndItsLabels) {
  const ProcessResult result = report({"-o", "page.html", "--copies", "2", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out).at("report"), "page.html");
  for (const char* name : {"page.html", "search.html"}) {
    const std::string page = read_file(folder() / name);
    EXPECT_TRUE(page.starts_with("<!doctype html>")) << page.substr(0, 40);
    for (const char* part : {"q.onnx", "_unknown_", "fc1_out", "</html>"}) EXPECT_NE(page.find(part), std::string::npos) << name << " lacks " << part;
  }
}

TEST_F(ReportCommand, TheSameModelAndSeedGiveTheSamePage) {
  ASSERT_EQ(report({"-o", "a.html"}).exit_code, 0);
  ASSERT_EQ(report({"-o", "b.html"}).exit_code, 0);
  EXPECT_EQ(read_file(folder() / "a.html"), read_file(folder() / "b.html"));
}

TEST_F(ReportCommand, MistakesAreOneLineAndLeaveNothing) {
  const std::set<std::string> before = files();
  expect_error(qmn({"report", checkpoint().string(), "--data", data().string()}), 2, {"dnn.onnx", "float model", "qmn quantize"});
  expect_error(qmn({"report", "none.onnx", "--data", data().string()}), 1, {"none.onnx"});
  expect_error(report({"-o", "q.onnx"}), 2, {"q.onnx", ".html"});
  expect_error(report({"-o", data().string()}), 2, {data().string(), "folder"});
  expect_error(report({"--clips", "0"}), 2, {"--clips 0"});
  expect_error(report({"--copies", "-1"}), 2, {"--copies -1"});
  expect_error(report({"-o", "no/such/page.html"}), 1, {"no/such"});
  EXPECT_EQ(files(), before);
}

}  // namespace
}  // namespace qmn
