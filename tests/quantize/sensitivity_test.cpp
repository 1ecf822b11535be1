// SPDX-License-Identifier: Apache-2.0
// Sensitivity and SQNR against a dense net computed here in double, tensor by tensor.
#include "nets.h"

#include "base/error.h"
#include "quantize/remedy_hint.h"
#include "quantize/sensitivity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

namespace qmn {
namespace {

constexpr std::size_t kClips = 40;
constexpr std::size_t kClasses = 5;

using Reals = std::vector<double>;

Reals rounded(Reals reals, std::optional<QFormat> format) {
  if (!format) return reals;
  const double scale = std::ldexp(1.0, format->frac_bits), top = std::ldexp(1.0, format->total_bits - 1);
  for (double& real : reals) real = std::clamp(std::floor(real * scale + 0.5), -top, top - 1) / scale;
  return reals;
}

/// Every value of one clip through dense_net({24, 16, kClasses}), by name.
std::map<std::string, Reals> forward(const Graph& graph, const Quantization& quantization, std::span<const float> clip) {
  const auto format = [&](const std::string& name) { return quantization.format_of(*graph.find(name)); };
  const auto parameter = [&](const std::string& name) {
    const auto& data = graph.initializer(*graph.find(name)).data;
    return rounded({data.begin(), data.end()}, format(name));
  };
  std::map<std::string, Reals> values{{"flat", rounded({clip.begin(), clip.end()}, format("flat"))}};
  std::string last = "flat";
  for (const std::string name : {"fc1", "fc2"}) {
    const Reals weight = parameter(name + "_weight"), bias = parameter(name + "_bias");
    Reals out(bias.size());
    for (std::size_t row = 0; row < out.size(); ++row) {
      out[row] = std::inner_product(values[last].begin(), values[last].end(), weight.begin() + static_cast<std::ptrdiff_t>(row * values[last].size()), bias[row]);
      if (name == "fc1") out[row] = std::max(out[row], 0.0);
    }
    values[name] = rounded(out, format(name));
    last = name;
  }
  return values;
}

double kl(const Reals& p, const Reals& q) {
  const auto norm = [](const Reals& logits) {
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit);
    return std::log(sum);
  };
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) sum += std::exp(p[i] - norm(p)) * (p[i] - norm(p) - q[i] + norm(q));
  return sum;
}

class SensitivityTest : public ::testing::Test {
 protected:
  SensitivityTest() {
    model.graph = testing::dense_net({24, 16, static_cast<std::int64_t>(kClasses)}, 3);
    Random random({8});
    clips.features_per_clip = 24;
    for (std::size_t i = 0; i < kClips * 24; ++i) clips.features.push_back(static_cast<float>(random.normal()));
    for (std::size_t i = 0; i < kClips; ++i) clips.labels.push_back(static_cast<int>(i % kClasses));
    model.quantization = Quantization{};
    for (const auto& [name, frac_bits] : std::map<std::string, int>{{"input", 5}, {"flat", 5}, {"fc1_weight", 6}, {"fc1_bias", 6}, {"fc1", 4}, {"fc2_weight", 6}, {"fc2_bias", 8}, {"fc2", 4}}) {
      set(name, {8, frac_bits});
    }
  }
  void set(const std::string& name, QFormat format) { model.quantization->formats[*model.graph.find(name)] = format; }
  std::span<const float> clip(std::size_t index) const { return clips.row(static_cast<std::int64_t>(index)); }

  CalibrationScore expected(const Quantization& quantization) const {
    CalibrationScore score;
    for (std::size_t i = 0; i < kClips; ++i) {
      const Reals real = forward(model.graph, {}, clip(i)).at("fc2"), other = forward(model.graph, quantization, clip(i)).at("fc2");
      score.kl += kl(real, other) / kClips;
      score.accuracy += std::ranges::max_element(other) - other.begin() == clips.labels[i] ? 1.0 / kClips : 0;
    }
    return score;
  }

  Model model;
  FeatureSet clips;
};

void expect_near(const CalibrationScore& measured, const CalibrationScore& expected, const std::string& what) {
  EXPECT_NEAR(measured.kl, expected.kl, 1e-6 + 1e-4 * expected.kl) << what;
  EXPECT_NEAR(measured.accuracy, expected.accuracy, 1e-9) << what;
}

TEST_F(SensitivityTest, EveryTensorLeftOutAndAloneIsTheNetWithJustThatFormatChanged) {
  const Sensitivity sensitivity = measure_sensitivity(model, clips, true);
  expect_near(sensitivity.float_net, expected({}), "float");
  expect_near(sensitivity.quantized_net, expected(*model.quantization), "all");
  std::set<std::string> names;
  for (const TensorSensitivity& tensor : sensitivity.tensors) {
    names.insert(tensor.name);
    Quantization without = *model.quantization, alone;
    for (const ValueId value : tensor.values) {
      without.formats.erase(value);
      alone.formats[value] = tensor.format;
    }
    expect_near(tensor.leave_one_out, expected(without), tensor.name + " left out");
    expect_near(tensor.one_only, expected(alone), tensor.name + " alone");
    EXPECT_GT(tensor.one_only.kl, 0) << tensor.name << ": these formats are coarse enough that each costs something";
    EXPECT_NEAR(tensor.harm, expected(*model.quantization).kl - expected(without).kl, 1e-5) << tensor.name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"input", "fc1_weight", "fc1_bias", "fc1", "fc2_weight", "fc2_bias", "fc2"})) << "the Flatten's output is tied to the input";
  EXPECT_TRUE(std::ranges::is_sorted(sensitivity.tensors, std::greater{}, &TensorSensitivity::harm));
}

TEST_F(SensitivityTest, HarmAloneIsTheSameHarmForLess) {
  const Sensitivity whole = measure_sensitivity(model, clips, true);
  for (const SensitivityScope scope : {SensitivityScope::harm, SensitivityScope::harm_of_activations}) {
    const Sensitivity part = measure_sensitivity(model, clips, true, scope);
    EXPECT_EQ(part.tensors.size(), scope == SensitivityScope::harm ? whole.tensors.size() : 3U);
    for (const TensorSensitivity& tensor : part.tensors) {
      const auto same = std::ranges::find(whole.tensors, tensor.name, &TensorSensitivity::name);
      ASSERT_NE(same, whole.tensors.end());
      EXPECT_EQ(tensor.harm, same->harm) << tensor.name;
      EXPECT_EQ(tensor.one_only.kl, 0) << tensor.name;
      if (scope == SensitivityScope::harm_of_activations) {
        EXPECT_EQ(tensor.kind, TensorKind::activation) << tensor.name;
      }
    }
  }
}

TEST_F(SensitivityTest, SqnrComparesTheShippedNetWithTheFloatOne) {
  const std::map<ValueId, double> measured = measure_sqnr(model.graph, *model.quantization, clips);
  std::map<std::string, std::pair<double, double>> sums;  // signal, noise
  const auto add = [&](const std::string& name, const Reals& reals, const Reals& other) {
    for (std::size_t i = 0; i < reals.size(); ++i) {
      sums[name].first += reals[i] * reals[i];
      sums[name].second += (reals[i] - other[i]) * (reals[i] - other[i]);
    }
  };
  for (std::size_t i = 0; i < kClips; ++i) {
    const auto reals = forward(model.graph, {}, clip(i)), others = forward(model.graph, *model.quantization, clip(i));
    for (const auto& [name, values] : reals) add(name, values, others.at(name));
  }
  for (const std::string name : {"fc1_weight", "fc2_bias"}) {
    const auto& data = model.graph.initializer(*model.graph.find(name)).data;
    const Reals reals(data.begin(), data.end());
    add(name, reals, rounded(reals, model.quantization->format_of(*model.graph.find(name))));
  }
  for (const auto& [name, sum] : sums) EXPECT_NEAR(measured.at(*model.graph.find(name)), 10 * std::log10(sum.first / sum.second), 1e-3) << name;
  EXPECT_EQ(measured.size(), model.quantization->formats.size());
}

TEST_F(SensitivityTest, SqnrOfAParameterIsOfItsChannelsAndItsCorrection) {
  const ValueId weight = *model.graph.find("fc2_weight");
  const auto& data = model.graph.initializer(weight).data;
  std::vector<int> frac_bits(kClasses, 6);
  frac_bits[1] = 9;
  model.quantization->set_channels(weight, 8, frac_bits);
  model.quantization->corrections[weight] = std::vector<float>(data.size(), 0.0F);
  model.quantization->corrections[weight][3] = 0.5F;
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const QFormat format{8, frac_bits[i / (data.size() / kClasses)]};
    const double real = data[i], shipped = rounded({real + (i == 3 ? 0.5 : 0.0)}, format).front();
    signal += real * real;
    noise += (real - shipped) * (real - shipped);
  }
  EXPECT_NEAR(measure_sqnr(model.graph, *model.quantization, clips).at(weight), 10 * std::log10(signal / noise), 1e-6);
}

TEST_F(SensitivityTest, ATensorThatLosesNothingHasInfiniteSqnr) {
  std::ranges::fill(model.graph.initializer(*model.graph.find("fc1_bias")).data, 0.25F);
  EXPECT_EQ(measure_sqnr(model.graph, *model.quantization, clips).at(*model.graph.find("fc1_bias")), std::numeric_limits<double>::infinity());
}

TEST_F(SensitivityTest, TheRuinedTensorIsNamedFirstWithItsRemedy) {
  for (const auto& [name, format, remedy] : {std::tuple{"fc1_weight", QFormat{8, 11}, "per channel"}, {"fc1_bias", QFormat{8, 12}, "--bias_bits 32"}, {"fc1", QFormat{8, 9}, "16 bits"}}) {
    const auto before = model.quantization;
    set(name, format);
    const Sensitivity sensitivity = measure_sensitivity(model, clips, true);
    EXPECT_EQ(sensitivity.tensors.front().name, name);
    EXPECT_NE(remedy_hint(model, sensitivity).find(name), std::string::npos);
    EXPECT_NE(remedy_hint(model, sensitivity).find(remedy), std::string::npos) << remedy_hint(model, sensitivity);
    model.quantization = before;
  }
}

TEST_F(SensitivityTest, WhereNothingIsLostNothingIsRecommended) {
  for (auto& [value, format] : model.quantization->formats) format = {32, 20};
  EXPECT_NE(remedy_hint(model, measure_sensitivity(model, clips, true)).find("nothing"), std::string::npos);
}

TEST_F(SensitivityTest, ClipsThatDoNotFitAreRefused) {
  FeatureSet none;
  none.features_per_clip = 24;
  EXPECT_THROW(measure_sensitivity(model, none, true), Error);
  clips.features_per_clip = 12;
  EXPECT_THROW(measure_sensitivity(model, clips, true), Error);
}

}  // namespace
}  // namespace qmn
