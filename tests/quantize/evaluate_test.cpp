// SPDX-License-Identifier: Apache-2.0
// The forms of one model against each other: what the search scores in float is what the integers compute.
#include "nets.h"

#include "models/models.h"
#include "quantize/evaluate.h"
#include "quantize/metrics.h"
#include "quantize/quantize.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

FeatureSet random_clips(const Graph& graph, int clip_count, std::uint64_t seed) {
  Random random({seed});
  FeatureSet set;
  set.features_per_clip = static_cast<int>(element_count(graph.shape(graph.input)));
  set.features.resize(static_cast<std::size_t>(clip_count * set.features_per_clip));
  for (float& real : set.features) real = static_cast<float>(random.normal());
  set.labels.assign(static_cast<std::size_t>(clip_count), 0);
  return set;
}

Model net(const std::string& architecture, const std::vector<int>& size_info, std::uint64_t seed) {
  Model model;
  model.graph = build_model(architecture, size_info, published_front_end(architecture), 12, seed);
  model.metadata.front_end = published_front_end(architecture);
  return model;
}

class EveryForm : public ::testing::TestWithParam<std::tuple<RangeMethod, int>> {};

TEST_P(EveryForm, FakeQuantPredictsTheIntegersBitForBit) {
  // Accumulators stay below 2^24: at most 250 products of 128 * 128 in the DNN, 64 of them and 90 in the DS-CNN.
  const auto [method, bias_bits] = GetParam();
  for (const Model& model : {net("dnn", {40, 40}, 1), net("ds_cnn", {2, 16, 10, 4, 2, 2, 12, 3, 3, 2, 1}, 2)}) {
    const FeatureSet calibration = random_clips(model.graph, 30, 1), clips = random_clips(model.graph, 64, 2);
    const QuantizeResult result = quantize_model(model, calibration, {.method = method, .bias_bits = bias_bits, .is_quiet = true});
    const std::vector<float> predicted = fake_quant_logits(result.model, clips), integers = integer_logits(result.model, clips);
    ASSERT_EQ(predicted.size(), integers.size());
    EXPECT_EQ(predicted, integers) << model.graph.name;
    EXPECT_NE(integers, float_logits(result.model, clips)) << "the comparison must be able to fail";
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryForm, ::testing::Combine(::testing::Values(RangeMethod::minmax, RangeMethod::progressive, RangeMethod::descend), ::testing::Values(8, 32)));

TEST(Evaluate, AQuantizedModelKeepsItsFloatAnswers) {
  const Model model = net("dnn", {20}, 3);
  const FeatureSet clips = random_clips(model.graph, 20, 4);
  const QuantizeResult result = quantize_model(model, clips, {.method = RangeMethod::minmax, .is_quiet = true});
  EXPECT_EQ(float_logits(model, clips), float_logits(result.model, clips));
}

TEST(Evaluate, WeightsOnlyLiesBetweenFloatAndFakeQuant) {
  const Model model = net("dnn", {20}, 3);
  const FeatureSet clips = random_clips(model.graph, 50, 4);
  const QuantizeResult result = quantize_model(model, clips, {.method = RangeMethod::minmax, .is_quiet = true});
  const std::vector<float> reference = float_logits(model, clips);
  const double weights = mean_kl(reference, weights_only_logits(result.model, clips), 12), all = mean_kl(reference, fake_quant_logits(result.model, clips), 12);
  EXPECT_GT(weights, 0);
  EXPECT_GT(all, weights);
  EXPECT_EQ(weights_only_logits(model, clips), weights_only_logits(result.model, clips)) << "the classic rule, from the float model too";
}

TEST(Quantize, ActMaxFixesARangeAndTheSearchLeavesItAlone) {
  const Model model = net("dnn", {20, 20}, 3);
  const FeatureSet clips = random_clips(model.graph, 30, 4);
  for (const RangeMethod method : {RangeMethod::minmax, RangeMethod::progressive, RangeMethod::descend}) {
    const QuantizeResult result = quantize_model(model, clips, {.method = method, .act_max = {64, 0, 32, 0}, .is_quiet = true});
    const auto order = act_max_order(result.model.graph);
    EXPECT_EQ(result.model.quantization->formats.at(order[0]), (QFormat{8, 1})) << method_name(method);
    EXPECT_EQ(result.model.quantization->formats.at(order[2]), (QFormat{8, 2})) << method_name(method);
    EXPECT_EQ(fake_quant_logits(result.model, clips), integer_logits(result.model, clips)) << method_name(method);
  }
}

TEST(Quantize, ReQuantizingAQuantizedModelStartsFromItsFloatWeights) {
  const Model model = net("ds_cnn", {2, 8, 10, 4, 2, 2, 8, 3, 3, 1, 1}, 5);
  const FeatureSet clips = random_clips(model.graph, 30, 4);
  const QuantizeSettings settings{.method = RangeMethod::descend, .is_quiet = true};
  const QuantizeResult once = quantize_model(model, clips, settings), twice = quantize_model(once.model, clips, settings);
  EXPECT_EQ(fake_quant_logits(once.model, clips), fake_quant_logits(twice.model, clips));
}

}  // namespace
}  // namespace qmn
