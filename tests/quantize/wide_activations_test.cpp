// SPDX-License-Identifier: Apache-2.0
// 16 bits for named activations, and formats for channels, as a user asks for them: what is stored, what it is worth, what is refused.
#include "nets.h"
#include "quantize/calibrated_net.h"
#include "quantize/evaluate.h"
#include "quantize/metrics.h"
#include "quantize/recipe.h"
#include "quantize/wide_activations.h"

#include "base/error.h"
#include "engine/engine.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

constexpr int kInputs = 16, kClasses = 5;

/// Coefficients from 2^0 to 2^-7: eight bits for all of them cost the small ones dearly.
struct Problem {
  Model model{testing::dense_net({kInputs, 24, kClasses}, 3), {}, std::nullopt};
  Problem() {
    Tensor& weight = model.graph.initializer(*model.graph.find("fc1_weight"));
    for (std::size_t i = 0; i < weight.data.size(); ++i) weight.data[i] = static_cast<float>(std::ldexp(weight.data[i], static_cast<int>(i % kInputs) / 2));
  }
  FeatureSet clips(int count, std::uint64_t seed) const {
    Random random({seed});
    FeatureSet set;
    set.features_per_clip = kInputs;
    for (int clip = 0; clip < count; ++clip) {
      for (int i = 0; i < kInputs; ++i) set.features.push_back(static_cast<float>(std::ldexp(random.normal(), -i / 2)));
      set.clip_ids.push_back(clip);
    }
    set.labels = top1(engine().evaluator(model.graph, nullptr)->run(set.features, count), kClasses);
    set.paths.resize(static_cast<std::size_t>(count));
    return set;
  }
  Model quantized(QuantizeSettings settings) const {
    settings.method = RangeMethod::descend;
    settings.bias_bits = 32;
    settings.is_quiet = true;
    return quantize_model(model, clips(200, 1), settings).model;
  }
  double kl(const Model& quantized, const FeatureSet& unseen) const { return mean_kl(float_logits(model, unseen), integer_logits(quantized, unseen), kClasses); }
};

TEST(WideActivations, HoldWhatWasObservedWithOneBitToSpare) {
  ObservedRange range;
  range.add(std::vector<float>{-3.5f, 0.25f});
  EXPECT_EQ(wide_format(range), (QFormat{16, 12})) << "2^2 holds 3.5, 2^3 spares a bit";
}

TEST(WideActivations, StayAsTheUserNamedThemAndLowerTheKl) {
  const Problem problem;
  const FeatureSet unseen = problem.clips(1000, 2);
  const Model narrow = problem.quantized({}), wide = problem.quantized({.wide_activations = {"input"}});
  const Quantization& formats = *wide.quantization;
  EXPECT_EQ(formats.formats.at(*wide.graph.find("input")).total_bits, 16);
  EXPECT_EQ(formats.formats.at(*wide.graph.find("flat")), formats.formats.at(*wide.graph.find("input"))) << "tied by Flatten";
  EXPECT_EQ(formats.formats.at(*wide.graph.find("fc1")).total_bits, 8);
  EXPECT_LT(problem.kl(wide, unseen), 0.75 * problem.kl(narrow, unseen));
  EXPECT_EQ(fake_quant_logits(wide, unseen), integer_logits(wide, unseen)) << "what was searched is what ships";
}

TEST(WideActivations, AnUnknownNameListsTheActivations) {
  const Problem problem;
  try {
    problem.quantized({.wide_activations = {"fc9"}});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "--int16 fc9: this net has no such activation; it has input, fc1, fc2");
  }
}

TEST(ChannelFormats, AreSetWhereTheUserAsksAndLowerTheKl) {
  Problem problem;
  Tensor& weight = problem.model.graph.initializer(*problem.model.graph.find("fc1_weight"));
  for (std::size_t i = 0; i < weight.data.size(); ++i) weight.data[i] = static_cast<float>(std::ldexp(weight.data[i], -static_cast<int>(i / kInputs % 6)));
  const FeatureSet unseen = problem.clips(1000, 2);
  const Model tensor = problem.quantized({}), channels = problem.quantized({.is_per_channel = true});
  EXPECT_TRUE(tensor.quantization->channel_frac_bits.empty());
  EXPECT_TRUE(channels.quantization->is_per_channel(*channels.graph.find("fc1_weight")));
  EXPECT_LT(problem.kl(channels, unseen), problem.kl(tensor, unseen));
  EXPECT_EQ(fake_quant_logits(channels, unseen), integer_logits(channels, unseen));
}

TEST(QuantizationTarget, RefusesWhatItsKernelsCannotRun) {
  const QuantizationTarget q7 = quantization_target("cmsis-nn-q7"), s8 = quantization_target("cmsis-nn-s8"), own = quantization_target("qmn");
  EXPECT_NO_THROW(check_target(own, {.bias_bits = 32, .wide_activations = {"input"}, .is_per_channel = true}));
  EXPECT_NO_THROW(check_target(s8, {.bias_bits = 32, .is_per_channel = true}));
  EXPECT_THROW(check_target(s8, {.wide_activations = {"input"}}), Error);
  EXPECT_THROW(check_target(q7, {.is_per_channel = true}), Error);
  EXPECT_THROW(check_target(q7, {.bias_bits = 32}), Error);
  EXPECT_NO_THROW(check_target(q7, {}));
}

TEST(Recipe, KeepsWhatTheUserNamed) {
  const Problem problem;
  const RecipeClips clips{.search = problem.clips(200, 1), .fit = problem.clips(400, 4), .check = problem.clips(300, 3)};
  const RecipeResult recipe = quantize_by_recipe(problem.model, clips, {.search = {.wide_activations = {"fc1"}, .is_per_channel = true, .is_quiet = true}, .max_loss = 100});
  const Model& model = recipe.quantized.model;
  EXPECT_EQ(model.quantization->formats.at(*model.graph.find("fc1")).total_bits, 16);
  EXPECT_TRUE(std::ranges::any_of(recipe.steps, [](const RecipeStep& step) { return step.name == "per-channel weights" && step.is_kept; }));
  EXPECT_EQ(fake_quant_logits(model, problem.clips(500, 2)), integer_logits(model, problem.clips(500, 2)));
}

}  // namespace
}  // namespace qmn
