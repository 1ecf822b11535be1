// SPDX-License-Identifier: Apache-2.0
// The searches against min/max, on nets and data where single outliers spoil min/max ranges. All clips come from fixed seeds; what is
// asserted about quality is measured on clips that the search did not see.
#include "nets.h"

#include "engine/engine.h"
#include "models/models.h"
#include "passes/passes.h"
#include "quantize/layers.h"
#include "quantize/metrics.h"
#include "quantize/quantize.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace qmn {
namespace {

constexpr std::size_t kClasses = 6;

struct Problem {
  Model model;
  FeatureSet calibration, unseen;
};

/// Normal inputs; one value in 300 is 50 times as large. The labels are the float net's own answers.
FeatureSet clips_with_outliers(const Graph& graph, int clip_count, std::uint64_t seed) {
  Random random({seed});
  FeatureSet set;
  set.features_per_clip = static_cast<int>(element_count(graph.shape(graph.input)));
  set.features.resize(static_cast<std::size_t>(clip_count * set.features_per_clip));
  for (float& real : set.features) real = static_cast<float>(random.normal() * (random.uniform() < 1.0 / 300 ? 50 : 1));
  set.labels = top1(engine().evaluator(graph, nullptr)->run(set.features, clip_count), kClasses);
  for (int clip = 0; clip < clip_count; ++clip) set.clip_ids.push_back(clip);
  return set;
}

Problem dense_problem() {
  Problem problem;
  problem.model.graph = testing::dense_net({32, 24, 24, kClasses}, 5);
  // A weight as outliers make it: one far value takes the bits of all others.
  problem.model.graph.initializer(*problem.model.graph.find("fc2_weight")).data[7] = 9;
  problem.calibration = clips_with_outliers(problem.model.graph, 200, 1);
  problem.unseen = clips_with_outliers(problem.model.graph, 1000, 2);
  return problem;
}

struct Quality {
  double kl = 0, agreement = 0;
};
Quality on(const FeatureSet& clips, const Model& float_model, const Model& quantized) {
  const auto reference = engine().evaluator(float_model.graph, nullptr)->run(clips.features, clips.row_count());
  const auto other = engine().evaluator(quantized.graph, &*quantized.quantization)->run(clips.features, clips.row_count());
  return {mean_kl(reference, other, kClasses), agreement(reference, other, kClasses)};
}

QuantizeResult quantized(const Problem& problem, RangeMethod method, int bias_bits = 8) {
  return quantize_model(problem.model, problem.calibration, {.method = method, .bias_bits = bias_bits, .is_quiet = true});
}

TEST(Search, DescendRecoversWhatMinmaxLosesToOutliers) {
  const Problem problem = dense_problem();
  const Quality minmax = on(problem.unseen, problem.model, quantized(problem, RangeMethod::minmax).model);
  const Quality descend = on(problem.unseen, problem.model, quantized(problem, RangeMethod::descend).model);
  EXPECT_LT(minmax.agreement, 0.85) << "the problem is too easy to tell the methods apart";
  EXPECT_LT(descend.kl, minmax.kl / 4);
  EXPECT_GT(descend.agreement, minmax.agreement + 0.08);
}

TEST(Search, ProgressiveRecoversWhatMinmaxLosesToOutliers) {
  const Problem problem = dense_problem();
  const Quality minmax = on(problem.unseen, problem.model, quantized(problem, RangeMethod::minmax).model);
  const Quality progressive = on(problem.unseen, problem.model, quantized(problem, RangeMethod::progressive).model);
  EXPECT_LT(progressive.kl, minmax.kl);
  EXPECT_GT(progressive.agreement, minmax.agreement + 0.03);
}

TEST(Search, MinmaxFormatsHoldEveryObservedValue) {
  const Problem problem = dense_problem();
  const QuantizeResult result = quantized(problem, RangeMethod::minmax);
  const auto largest = *std::ranges::max_element(problem.calibration.features, {}, [](float real) { return std::fabs(real); });
  EXPECT_EQ(result.model.quantization->formats.at(result.model.graph.input), format_for(std::fabs(largest)));
  for (const auto& [value, share] : result.saturating_share) EXPECT_LE(share, 1e-3) << result.model.graph.value(value).name;
  EXPECT_EQ(result.evaluations, 0);
  EXPECT_EQ(result.start.kl, result.final.kl);
}

TEST(Search, DescendReportsWhatItReached) {
  const Problem problem = dense_problem();
  const QuantizeResult result = quantized(problem, RangeMethod::descend);
  EXPECT_LT(result.final.kl, result.start.kl);
  EXPECT_GT(result.evaluations, 20);
  EXPECT_GT(result.saturating_share.at(result.model.graph.input), 0);
  // What the search scored is what ships.
  EXPECT_NEAR(result.final.kl, on(problem.calibration, problem.model, result.model).kl, 1e-9);
}

TEST(Search, ProgressiveScoresWhatShips) {
  const Problem problem = dense_problem();
  const QuantizeResult result = quantized(problem, RangeMethod::progressive);
  EXPECT_NEAR(result.final.kl, on(problem.calibration, problem.model, result.model).kl, 1e-9);
  EXPECT_GE(result.final.accuracy, result.start.accuracy);
}

TEST(Search, IsTheSameInEveryRun) {
  const Problem problem = dense_problem();
  for (const RangeMethod method : kRangeMethods) {
    EXPECT_EQ(quantized(problem, method).model.quantization->formats, quantized(problem, method).model.quantization->formats) << method_name(method);
  }
}

TEST(Search, EveryMethodLeavesLegalFormatsOnEveryValue) {
  const Problem problem = dense_problem();
  for (const RangeMethod method : kRangeMethods) {
    for (const int bias_bits : {8, 32}) {
      const QuantizeResult result = quantized(problem, method, bias_bits);
      const Graph& graph = result.model.graph;
      Quantization shipped = *result.model.quantization;
      EXPECT_TRUE(legalize(graph, shipped).empty());
      EXPECT_EQ(shipped.formats, result.model.quantization->formats);
      for (const TiedValues& values : activation_groups(graph)) {
        for (const ValueId value : values) EXPECT_EQ(shipped.formats.at(value), shipped.formats.at(values.front()));
      }
      for (const WeightedLayer& layer : weighted_layers(graph)) EXPECT_EQ(shipped.formats.at(layer.bias).total_bits, bias_bits);
    }
  }
}

TEST(Search, DescendImprovesADepthwiseSeparableNet) {
  FrontEndSettings front_end = published_front_end("ds_cnn");
  Problem problem;
  problem.model.graph = build_model("ds_cnn", {2, 8, 10, 4, 2, 2, 8, 3, 3, 1, 1}, front_end, static_cast<int>(kClasses), 3);
  const Model prepared{prepare_for_inference(problem.model.graph), {}, std::nullopt};
  problem.calibration = clips_with_outliers(prepared.graph, 60, 1);
  problem.unseen = clips_with_outliers(prepared.graph, 200, 2);
  const QuantizeResult minmax = quantized(problem, RangeMethod::minmax), descend = quantized(problem, RangeMethod::descend);
  EXPECT_LT(descend.final.kl, minmax.final.kl / 2);
  EXPECT_LT(on(problem.unseen, prepared, descend.model).kl, on(problem.unseen, prepared, minmax.model).kl / 2);
}

TEST(Search, EveryObjectiveLowersItsOwnCost) {
  Problem problem = dense_problem();
  for (std::size_t clip = 0; clip < problem.calibration.labels.size(); clip += 7) problem.calibration.labels[clip] = (problem.calibration.labels[clip] + 1) % static_cast<int>(kClasses);
  std::map<Objective, CalibrationScore> reached;
  for (const Objective objective : kObjectives) {
    const QuantizeResult result = quantize_model(problem.model, problem.calibration, {.method = RangeMethod::descend, .is_quiet = true, .objective = objective});
    reached[objective] = result.final;
    EXPECT_FALSE(result.trace.empty());
    EXPECT_EQ(result.trace.back().score.kl, result.final.kl);
  }
  for (const auto& [objective, score] : reached) {
    EXPECT_LE(reached.at(Objective::accuracy).accuracy + 0.02, 1.0);
    EXPECT_GE(reached.at(Objective::accuracy).accuracy, score.accuracy - 0.011) << objective_name(objective);
    EXPECT_LE(reached.at(Objective::cross_entropy).cross_entropy, score.cross_entropy + 0.002) << objective_name(objective);
    EXPECT_LE(reached.at(Objective::kl).kl, score.kl + 1e-4) << objective_name(objective);
  }
}

TEST(Search, ATimeBudgetKeepsTheBestSoFarAndSaysSo) {
  const Problem problem = dense_problem();
  const QuantizeResult whole = quantized(problem, RangeMethod::descend);
  const QuantizeResult result = quantize_model(problem.model, problem.calibration, {.method = RangeMethod::descend, .is_quiet = true, .time_budget_seconds = 1e-9});
  EXPECT_TRUE(result.is_out_of_time);
  EXPECT_FALSE(whole.is_out_of_time);
  EXPECT_LT(result.evaluations, whole.evaluations);
  EXPECT_LE(result.final.kl, result.start.kl);
  EXPECT_NEAR(result.final.kl, on(problem.calibration, problem.model, result.model).kl, 1e-9);
}

TEST(Search, TheRangesOfAllTensorsAreDescribed) {
  const Problem problem = dense_problem();
  const QuantizeResult result = quantized(problem, RangeMethod::descend);
  std::size_t parameters = 0;
  for (const TensorRange& range : result.tensors) {
    parameters += range.is_parameter ? 1 : 0;
    EXPECT_EQ(range.chosen, result.model.quantization->formats.at(range.value)) << range.name;
    EXPECT_EQ(range.candidates.size(), range.is_parameter ? 4u : 5u);
    EXPECT_EQ(range.observed.histogram.total(), range.observed.count) << range.name;
    EXPECT_GT(range.observed.count, 0) << range.name;
    EXPECT_EQ(range.candidates.front().format, format_for(range.observed.max_abs())) << range.name;
    ASSERT_FALSE(range.beyond.empty());
    EXPECT_LE(range.beyond.front().second, 1e-3) << "beyond the power of two that holds all";
  }
  EXPECT_EQ(parameters, 6u);
  EXPECT_EQ(result.tensors.size(), parameters + activation_groups(result.model.graph).size());
}

TEST(Search, ALabelOutsideTheNetsClassesIsAnError) {
  Problem problem = dense_problem();
  problem.calibration.labels[3] = static_cast<int>(kClasses);
  EXPECT_THROW(quantized(problem, RangeMethod::minmax), Error);
}

TEST(Search, FeaturesOfAnotherFrontEndAreAnErrorThatNamesBothSizes) {
  Problem problem = dense_problem();
  problem.calibration.features_per_clip = 16;
  problem.calibration.labels.resize(400);
  try {
    quantized(problem, RangeMethod::minmax);
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("32"), std::string::npos) << message;
    EXPECT_NE(message.find("16"), std::string::npos) << message;
  }
}

TEST(Search, NoCalibrationClipsIsAnError) {
  Problem problem = dense_problem();
  problem.calibration = {.features = {}, .labels = {}, .clip_ids = {}, .paths = {}, .silent_frames = {}, .targets = {}, .features_per_clip = 32};
  EXPECT_THROW(quantized(problem, RangeMethod::minmax), Error);
}

}  // namespace
}  // namespace qmn
