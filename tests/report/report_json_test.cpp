// SPDX-License-Identifier: Apache-2.0
// The numbers of the report against what the test counts itself: from logits, parameters, formats and shapes.
#include "dense_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

using testing::DenseReport;

class ReportJson : public ::testing::Test {
 protected:
  static constexpr int kLayers = 3;
  ReportJson() {
    // A weight of the second layer that saturates.
    model().quantization->formats.at(id("fc2_weight")).frac_bits += 2;
    json_ = report_.json();
  }
  Model& model() { return report_.model; }
  ValueId id(const std::string& name) { return *model().graph.find(name); }
  int frac_bits(const std::string& name) { return model().quantization->formats.at(id(name)).frac_bits; }
  const nlohmann::json& tensor(const std::string& name) {
    return *std::ranges::find_if(json_.at("tensors"), [&](const nlohmann::json& one) { return one.at("name") == name; });
  }
  static std::size_t winner(const std::vector<float>& logits, std::size_t row) {
    const auto begin = logits.begin() + static_cast<std::ptrdiff_t>(row * DenseReport::kClasses);
    return static_cast<std::size_t>(std::max_element(begin, begin + DenseReport::kClasses) - begin);
  }

  DenseReport report_{kLayers, "fc1"};
  nlohmann::json json_;
};

TEST_F(ReportJson, AccuracyAndConfusionCountTheClips) {
  const std::size_t rows = report_.check.labels.size();
  for (const auto& [form, logits] : {std::pair{"float", &report_.float_rows}, std::pair{"integer", &report_.integer_rows}}) {
    std::vector<std::vector<int>> counts(DenseReport::kClasses, std::vector<int>(DenseReport::kClasses));
    double hits = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto truth = static_cast<std::size_t>(report_.check.labels[row]), predicted = winner(*logits, row);
      ++counts[truth][predicted];
      hits += truth == predicted ? 1 : 0;
    }
    EXPECT_EQ(json_.at("confusion").at(form), nlohmann::json(counts)) << form;
    EXPECT_DOUBLE_EQ(json_.at("summary").at(form).at("accuracy").get<double>(), hits / static_cast<double>(rows)) << form;
  }
  double same = 0;
  for (std::size_t row = 0; row < rows; ++row) same += winner(report_.float_rows, row) == winner(report_.integer_rows, row) ? 1 : 0;
  EXPECT_DOUBLE_EQ(json_.at("summary").at("agreement").get<double>(), same / static_cast<double>(rows));
  EXPECT_EQ(json_.at("summary").at("rows"), rows);
}

TEST_F(ReportJson, LayersShowTheShiftsOfTheirFormatsAndTheirSizes) {
  ASSERT_EQ(json_.at("layers").size(), 3u);
  const std::vector<std::size_t> sizes{DenseReport::kInputs, DenseReport::kHidden, DenseReport::kHidden, DenseReport::kClasses};
  for (std::size_t i = 0; i < 3; ++i) {
    const nlohmann::json& layer = json_.at("layers").at(i);
    const std::string name = fmt::format("fc{}", i + 1), before = i == 0 ? "input" : fmt::format("fc{}", i);
    EXPECT_EQ(layer.at("name"), name);
    EXPECT_EQ(layer.at("out_shift"), frac_bits(before) + frac_bits(name + "_weight") - frac_bits(name));
    EXPECT_EQ(layer.at("bias_shift"), frac_bits(before) + frac_bits(name + "_weight") - frac_bits(name + "_bias"));
    EXPECT_EQ(layer.at("macs"), sizes[i] * sizes[i + 1]);
    EXPECT_EQ(layer.at("weight_bytes"), sizes[i] * sizes[i + 1] + sizes[i + 1] * static_cast<std::size_t>(model().quantization->formats.at(id(name + "_bias")).total_bits / 8));
  }
  EXPECT_NE(json_.at("layers").at(0).at("bias_shift"), 0) << "else the formula was not tested";
}

TEST_F(ReportJson, TensorsCountTheirValuesAndThoseThatSaturate) {
  for (const std::string name : {"fc1_weight", "fc2_weight", "fc3_bias"}) {
    const std::vector<float>& values = model().graph.initializer(id(name)).data;
    const nlohmann::json& shown = tensor(name);
    const auto [least, greatest] = std::ranges::minmax(values);
    EXPECT_EQ(shown.at("min"), std::min(least, 0.0f)) << name;
    EXPECT_EQ(shown.at("max"), std::max(greatest, 0.0f)) << name;
    EXPECT_EQ(shown.at("count"), values.size()) << name;
    const double end = std::ldexp(1.0, 7 - frac_bits(name));
    const auto beyond = std::ranges::count_if(values, [&](float value) { return std::abs(static_cast<double>(value)) >= end; });
    EXPECT_DOUBLE_EQ(shown.at("saturating").get<double>(), static_cast<double>(beyond) / static_cast<double>(values.size())) << name;
    EXPECT_EQ(beyond > 0, name == "fc2_weight");
    std::int64_t counted = 0;
    for (const auto& count : shown.at("histogram").at("counts")) counted += count.get<std::int64_t>();
    EXPECT_EQ(counted, static_cast<std::int64_t>(values.size())) << name;
  }
}

TEST_F(ReportJson, CandidatesBeginWhereAllIsHeldAndGrowNarrowerBitByBit) {
  for (const nlohmann::json& one : json_.at("tensors")) {
    const nlohmann::json& candidates = one.at("candidates");
    ASSERT_GE(candidates.size(), 2u);
    EXPECT_EQ(candidates.at(0).at("saturating"), 0) << one;
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      EXPECT_EQ(candidates.at(i).at("frac_bits").get<int>(), candidates.at(i - 1).at("frac_bits").get<int>() + 1);
      EXPECT_GE(candidates.at(i).at("saturating").get<double>(), candidates.at(i - 1).at("saturating").get<double>());
    }
    const double largest = std::max(-one.at("min").get<double>(), one.at("max").get<double>());
    const auto cutting = std::ranges::find_if(candidates, [](const nlohmann::json& candidate) { return candidate.at("saturating").get<double>() > 0; });
    ASSERT_NE(cutting, candidates.end()) << one;
    EXPECT_GE(largest, std::ldexp(1.0, 7 - cutting->at("frac_bits").get<int>())) << one;
    EXPECT_LE(largest, std::ldexp(1.0, 8 - cutting->at("frac_bits").get<int>())) << one;
  }
}

/// The kernels for the DSP extension widen what a fully connected layer reads to 16 bits, in scratch.
TEST_F(ReportJson, TheDeviceHoldsALayersInputItsOutputAndItsScratch) {
  const nlohmann::json& kernels = json_.at("kernels");
  ASSERT_EQ(kernels.size(), 4u) << "three layers, and the softmax that lowering adds";
  EXPECT_EQ(kernels.at(0).at("ram_bytes"), DenseReport::kInputs + 2 * DenseReport::kInputs + DenseReport::kHidden);
  EXPECT_EQ(kernels.at(1).at("ram_bytes"), DenseReport::kHidden + 2 * DenseReport::kHidden + DenseReport::kHidden);
  EXPECT_EQ(kernels.at(2).at("ram_bytes"), DenseReport::kHidden + 2 * DenseReport::kHidden + DenseReport::kClasses);
  EXPECT_EQ(json_.at("device").at("macs"), 20 * 12 + 12 * 12 + 12 * 4);
  EXPECT_GE(json_.at("device").at("arena_bytes"), 32);
  EXPECT_EQ(json_.at("memory").at("steps"), (std::vector<std::string>{"input", "fc1", "fc2", "fc3", "softmax"}));
}

}  // namespace
}  // namespace qmn
