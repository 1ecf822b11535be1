// SPDX-License-Identifier: Apache-2.0
// Outputs that are values: their measures against their definitions, and a search that minimizes noise where there are no classes.
#include "quantize/value_metrics.h"

#include "base/random.h"
#include "lower/lower.h"
#include "quantize/check_score.h"
#include "quantize/divergence.h"
#include "quantize/evaluate.h"
#include "quantize/metrics.h"
#include "quantize/recipe.h"
#include "support/expect_error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

using testing::expect_error;

FeatureSet rows_of(std::vector<float> features, int width, std::vector<int> labels) {
  FeatureSet rows;
  rows.outputs = OutputKind::values;
  rows.features = std::move(features);
  rows.features_per_clip = width;
  for (std::size_t row = 0; row < labels.size(); ++row) rows.clip_ids.push_back(static_cast<int>(row));
  rows.paths.resize(labels.size());
  rows.labels = std::move(labels);
  return rows;
}

TEST(ValueMetrics, AreaUnderTheCurveIsTheShareOfPairsInOrder) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random({51, seed});
    const std::size_t count = 1 + random.uniform_int(30);
    std::vector<double> scores;
    std::vector<bool> is_positive;
    for (std::size_t i = 0; i < count; ++i) {
      scores.push_back(static_cast<double>(random.uniform_int(8)));  // many ties
      is_positive.push_back(random.uniform_int(2) == 0);
    }
    double wins = 0, pairs = 0;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t k = 0; k < count; ++k) {
        if (!is_positive[i] || is_positive[k]) continue;
        pairs += 1;
        wins += scores[i] > scores[k] ? 1 : scores[i] == scores[k] ? 0.5 : 0;
      }
    }
    const auto auc = area_under_curve(scores, is_positive);
    ASSERT_EQ(auc.has_value(), pairs > 0) << seed;
    if (pairs > 0) {
      EXPECT_NEAR(*auc, wins / pairs, 1e-12) << seed;
    }
  }
}

TEST(ValueMetrics, AnAutoEncoderIsMeasuredAgainstItsInputAndARegressionAgainstItsTarget) {
  FeatureSet rows = rows_of({1, 2, 3, 4}, 2, {kNoLabel, kNoLabel});
  EXPECT_EQ(squared_errors(std::vector<float>{1, 4, 3, 3}, rows), (std::vector<double>{2, 0.5}));
  EXPECT_TRUE(squared_errors(std::vector<float>{1, 4}, rows).empty()) << "one output of two inputs, and no target";
  rows.targets = {0, 6};
  EXPECT_EQ(squared_errors(std::vector<float>{1, 4}, rows), (std::vector<double>{1, 4}));
}

TEST(ValueMetrics, ClipsAreScoredByTheMeanOfTheirRows) {
  FeatureSet rows = rows_of({0, 0, 0, 0}, 1, {1, 1, 0, 0});
  rows.clip_ids = {7, 7, 8, 8};
  // Squared errors 1 and 1 of the anomaly, 1.44 and 0 of the normal clip: row by row the anomaly loses half of its pairs.
  EXPECT_EQ(anomaly_auc(std::vector<float>{1, 1, 1.2f, 0}, rows), 1.0);
  rows.clip_ids = {7, 8, 9, 10};
  EXPECT_EQ(anomaly_auc(std::vector<float>{1, 1, 1.2f, 0}, rows), 0.5);
  rows.labels = {kNoLabel, 1, kNoLabel, 1};
  EXPECT_FALSE(anomaly_auc(std::vector<float>{1, 1, 1.2f, 0}, rows).has_value()) << "no normal clip";
  // A net that answers one number is its own score.
  const FeatureSet scored = rows_of({0, 0, 0, 0, 0, 0}, 2, {0, 1, 0});
  EXPECT_EQ(anomaly_auc(std::vector<float>{0.2f, 0.1f, 0.05f}, scored), 0.5);
}

TEST(Divergence, OfValuesIsNoiseOverSignalAndOfClassesKl) {
  const std::vector<float> reference{3, 4, 0, 0}, other{3, 3, 0, 2};
  const Divergence values(OutputKind::values, reference, 2);
  EXPECT_DOUBLE_EQ(values.mean(reference, other), 5.0 / 25);
  EXPECT_DOUBLE_EQ(values.of_row(std::span(reference).first(2), std::span(other).first(2)) + values.of_row(std::span(reference).last(2), std::span(other).last(2)), 2 * 5.0 / 25)
      << "rows add up, quiet ones by their noise alone";
  EXPECT_NEAR(decibels(values.mean(reference, other)), 6.9897, 1e-4);
  EXPECT_TRUE(std::isinf(decibels(values.mean(reference, reference))));
  const Divergence classes(OutputKind::classes, reference, 2);
  EXPECT_DOUBLE_EQ(classes.mean(reference, other), mean_kl(reference, other, 2));
  const Divergence silent(OutputKind::values, std::vector<float>(4), 2);
  EXPECT_TRUE(std::isfinite(silent.mean(std::vector<float>(4), other))) << "a net that answers zeros";
}

TEST(Divergence, ALimitOnTheLossIsALimitOnTheNoise) {
  const std::vector<float> reference{3, 4, 0, 5}, other{3, 4.5f, 0, 5};
  const CheckScore score = check_score(reference, other, rows_of({0, 0}, 1, {kNoLabel, kNoLabel}));
  EXPECT_DOUBLE_EQ(score.kl, 0.25 / 50);
  EXPECT_DOUBLE_EQ(score.cautious_loss, score.kl);
}

TEST(Metrics, RowsWithoutALabelCountForNoAccuracy) {
  const std::vector<float> a{1, 0, 0, 1, 1, 0}, b{0, 1, 0, 1, 0, 1};
  const std::vector<int> truth{0, kNoLabel, kNoLabel}, ids{0, 1, 2};
  EXPECT_EQ(accuracy(a, truth, 2), 1);
  EXPECT_EQ(confusion(a, truth, {"x", "y"}).total(), 1);
  EXPECT_EQ(paired_difference(a, b, truth, ids, 2).mean, -1);
  EXPECT_EQ(accuracy(a, std::vector<int>{kNoLabel, kNoLabel, kNoLabel}, 2), 0);
}

/// 6 → 4 → 6, ReLU between: an auto-encoder with random weights. One output reaches far beyond the others.
Model auto_encoder() {
  Random random({52});
  Model model;
  model.metadata.outputs = OutputKind::values;
  Graph& graph = model.graph;
  graph.name = "encoder";
  graph.input = graph.add_value("x", {1, 6});
  const auto parameter = [&](const std::string& name, Shape shape, double size) {
    Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
    for (float& number : tensor.data) number = static_cast<float>(random.normal() * size);
    return graph.add_initializer(name, std::move(tensor));
  };
  const ValueId code = graph.add_value("code"), out = graph.add_value("y");
  graph.nodes.emplace_back(FullyConnected{.name = "encode", .input = graph.input, .weight = parameter("w1", {4, 6}, 0.5), .bias = parameter("b1", {4}, 0.2), .output = code, .activation = Activation::relu});
  graph.nodes.emplace_back(FullyConnected{.name = "decode", .input = code, .weight = parameter("w2", {6, 4}, 0.7), .bias = parameter("b2", {6}, 0.2), .output = out});
  graph.output = out;
  infer_shapes(graph);
  return model;
}

FeatureSet frames(std::uint64_t seed, int count) {
  Random random({53, seed});
  std::vector<float> features;
  for (int i = 0; i < 6 * count; ++i) features.push_back(static_cast<float>(random.normal()));
  return rows_of(std::move(features), 6, std::vector<int>(static_cast<std::size_t>(count), kNoLabel));
}

double noise_of(const Model& model, const FeatureSet& rows) {
  const std::vector<float> reference = float_logits(model, rows);
  return Divergence(OutputKind::values, reference, rows.labels.size()).mean(reference, integer_logits(model, rows));
}

TEST(ValueNets, TheSearchLowersTheNoiseAndTheIntegersReachIt) {
  const Model model = auto_encoder();
  const FeatureSet search = frames(1, 300), unseen = frames(2, 300);
  const QuantizeResult minmax = quantize_model(model, search, {.method = RangeMethod::minmax, .is_quiet = true});
  const QuantizeResult descended = quantize_model(model, search, {.method = RangeMethod::descend, .is_quiet = true});
  EXPECT_NEAR(minmax.final.kl, noise_of(minmax.model, search), 1e-9) << "what the search counts is what the integers do";
  EXPECT_LT(descended.final.kl, 0.9 * minmax.final.kl);
  EXPECT_LT(noise_of(descended.model, unseen), noise_of(minmax.model, unseen));
  EXPECT_EQ(descended.final.accuracy, 0);
  const Program program = lower(descended.model);
  EXPECT_EQ(program.output, program.logits) << "values have no scores";
}

TEST(ValueNets, TheRecipeGoesOnUntilTheNoiseIsInsideItsLimit) {
  const Model model = auto_encoder();
  const auto run = [&](double limit) {
    return quantize_by_recipe(model, {.search = frames(1, 200), .fit = frames(1, 200), .check = frames(3, 100)}, {.search = {.is_quiet = true}, .max_loss = limit});
  };
  const RecipeResult loose = run(100), tight = run(0.001);
  EXPECT_TRUE(loose.is_inside);
  const auto pays = [](const RecipeResult& result) { return std::ranges::any_of(result.steps, [](const RecipeStep& step) { return step.name.starts_with("16 bits") || step.name == "per-channel weights"; }); };
  EXPECT_FALSE(pays(loose));
  EXPECT_TRUE(pays(tight));
  EXPECT_LT(noise_of(tight.quantized.model, frames(4, 200)), noise_of(loose.quantized.model, frames(4, 200)));
  for (const RecipeStep& step : tight.steps) EXPECT_FALSE(step.name.starts_with("input scales")) << "no front end could take them over";
}

TEST(ValueNets, WhatNeedsLabelsSaysSo) {
  const Model model = auto_encoder();
  expect_error(ErrorKind::usage, {"--method progressive", "values", "descend"}, [&] { quantize_model(model, frames(1, 20), {.method = RangeMethod::progressive, .is_quiet = true}); });
  expect_error(ErrorKind::usage, {"--objective accuracy", "values"}, [&] { quantize_model(model, frames(1, 20), {.is_quiet = true, .objective = Objective::accuracy}); });
  FeatureSet unlabeled = frames(1, 20);
  unlabeled.outputs = OutputKind::classes;
  expect_error(ErrorKind::usage, {"--objective mix", "no calibration clip has a label"}, [&] { quantize_model(model, unlabeled, {.is_quiet = true, .objective = Objective::mix}); });
  EXPECT_NO_THROW(quantize_model(model, unlabeled, {.method = RangeMethod::minmax, .is_quiet = true})) << "KL needs no labels";
}

}  // namespace
}  // namespace qmn
