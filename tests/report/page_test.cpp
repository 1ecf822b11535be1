// SPDX-License-Identifier: Apache-2.0
// report.html in headless Chromium: every section with the right number of rows and marks, no error, no request, no sideways scroll on a
// phone. Skipped where Chromium or playwright-core is missing: scripts/setup.sh --tests
#include "quantize/nets.h"

#include "base/file.h"
#include "base/subprocess.h"
#include "engine/engine.h"
#include "quantize/evaluate.h"
#include "quantize/layers.h"
#include "quantize/metrics.h"
#include "report/html.h"
#include "report/report.h"
#include "support/temporary_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace qmn {
namespace {

constexpr const char* kHostile = "</script><b>bold</b><!--";

FeatureSet normal_clips(const Graph& graph, int count, std::uint64_t seed, std::size_t classes) {
  Random random({seed});
  FeatureSet clips;
  clips.features_per_clip = static_cast<int>(element_count(graph.shape(graph.input)));
  for (int i = 0; i < count * clips.features_per_clip; ++i) clips.features.push_back(static_cast<float>(random.normal()));
  for (int i = 0; i < count; ++i) {
    clips.labels.push_back(i % static_cast<int>(classes));
    clips.clip_ids.push_back(i);
  }
  return clips;
}

/// The data of a dense net of `layer_count` layers, quantized by min/max. Its names and texts try to be markup.
nlohmann::json report_of(int layer_count) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(layer_count), 12);
  sizes.insert(sizes.begin(), 20);
  sizes.back() = 4;
  Model net;
  net.graph = testing::dense_net(sizes, 7);
  net.graph.value(*net.graph.find("fc1")).name = kHostile;
  const FeatureSet calibration = normal_clips(net.graph, 30, 1, 4), check = normal_clips(net.graph, 40, 2, 4);
  const QuantizeResult result = quantize_model(net, calibration, {.method = RangeMethod::minmax, .is_quiet = true});
  const Sensitivity sensitivity = measure_sensitivity(result.model, calibration, true);
  const std::vector<float> reference = float_logits(result.model, check), integers = integer_logits(result.model, check);
  const std::vector<TensorRange>& tensors = result.tensors;
  SearchReport search{.method = "descend", .start = {.kl = 0.5, .accuracy = 0.5}, .final = {.kl = 0.01, .accuracy = 0.6}, .evaluations = 120, .seconds = 1.5, .steps = {}};
  search.recipe = {{.name = "descend", .check = {.kl = 0.02, .agreement = 0.97}, .is_kept = true, .seconds = 1, .model = {}}, {.name = kHostile, .check = {.kl = 0.01, .agreement = 0.98}, .is_kept = false, .seconds = 2, .model = {}}};
  for (int step = 1; step <= 6; ++step) search.steps.push_back({.what = fmt::format("fc{} +1", step), .evaluations = 15 * step, .score = {.kl = 0.5 / (1 << step), .accuracy = 0.5}});
  return report_json({.title = "net.q.onnx", .tool = "qmn", .model = result.model, .labels = {"_silence_", kHostile, "yes", "no"}, .check = check, .check_split = "testing",
                      .float_logits = reference, .integer_logits = integers, .sensitivity = sensitivity, .tensors = tensors, .calibration_clips = 30,
                      .search = search, .remarks = {kHostile, "a second remark"}, .settings = {{"method", kHostile}}});
}

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
