// SPDX-License-Identifier: Apache-2.0
// The recipe auto on a net that is made to be hard: the channels of a trained depthwise net are rescaled, function-preserving, over 2^6.
#include "nets.h"

#include "engine/engine.h"
#include "quantize/evaluate.h"
#include "quantize/layers.h"
#include "quantize/metrics.h"
#include "quantize/recipe.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace qmn {
namespace {

constexpr int kClasses = 6, kHeight = 12, kWidth = 6;

/// Six patterns in noise: waves of a frequency in time and a slope over the coefficients. Seeds make other clips of the same task.
FeatureSet clips_of(int count, std::uint64_t seed) {
  Random random({0x7761, seed});
  FeatureSet clips;
  clips.features_per_clip = kHeight * kWidth;
  for (int clip = 0; clip < count; ++clip) {
    const int label = static_cast<int>(random.uniform_int(kClasses));
    const double phase = random.uniform(0, 2 * std::numbers::pi), strength = random.uniform(0.5, 1.0);
    for (int t = 0; t < kHeight; ++t) {
      for (int c = 0; c < kWidth; ++c) {
        const double wave = std::sin(phase + 2 * std::numbers::pi * (label % 3 + 1) * t / kHeight) * (label < 3 ? 1.0 - 0.3 * c : -0.5 + 0.3 * c);
        clips.features.push_back(static_cast<float>(strength * wave + 0.45 * random.normal()));
      }
    }
    clips.labels.push_back(label);
    clips.clip_ids.push_back(clip);
  }
  clips.paths.resize(static_cast<std::size_t>(count));
  return clips;
}

/// conv → (depthwise → pointwise) × 2 → average pool → fully connected, ReLU behind each layer but the last.
Graph depthwise_net(std::uint64_t seed) {
  Random random({seed});
  Graph graph;
  graph.name = "hard_net";
  ValueId last = graph.input = graph.add_value("features", {1, 1, kHeight, kWidth});
  const auto conv = [&](const std::string& name, std::int64_t outputs, std::int64_t groups, std::int64_t kernel) {
    const std::int64_t inputs = graph.shape(last)[1] / groups;
    Conv2d node{.name = name, .input = last};
    node.weight = graph.add_initializer(name + "_weights", testing::random_tensor({outputs, inputs, kernel, kernel}, random, std::sqrt(2.0 / static_cast<double>(inputs * kernel * kernel))));
    node.bias = graph.add_initializer(name + "_bias", Tensor{{outputs}, std::vector<float>(static_cast<std::size_t>(outputs))});
    node.pads = {kernel / 2, kernel / 2, kernel / 2, kernel / 2};
    node.groups = groups;
    node.activation = Activation::relu;
    last = node.output = graph.add_value(name + "_out");
    graph.nodes.emplace_back(node);
    graph.output = last;
    infer_shapes(graph);
  };
  constexpr std::int64_t kChannels = 12;
  conv("conv", kChannels, 1, 3);
  for (int block = 1; block <= 2; ++block) {
    conv("dw_" + std::to_string(block), kChannels, kChannels, 3);
    conv("pw_" + std::to_string(block), kChannels, 1, 1);
  }
  AveragePool2d pool{.name = "pool", .input = last, .output = graph.add_value("pool_out"), .kernel = {kHeight, kWidth}};
  graph.nodes.emplace_back(pool);
  Flatten flatten{.name = "flatten", .input = pool.output, .output = graph.add_value("flat")};
  graph.nodes.emplace_back(flatten);
  FullyConnected dense{.name = "fc", .input = flatten.output};
  dense.weight = graph.add_initializer("fc_weights", testing::random_tensor({kClasses, kChannels}, random, 0.3));
  dense.bias = graph.add_initializer("fc_bias", Tensor{{kClasses}, std::vector<float>(kClasses)});
  dense.output = graph.output = graph.add_value("logits");
  graph.nodes.emplace_back(dense);
  infer_shapes(graph);
  verify(graph);
  return graph;
}

void train(Graph& graph) {
  const auto trainer = engine().trainer(graph, nullptr);
  for (int step = 0; step < 500; ++step) {
    const FeatureSet batch = clips_of(50, 1000 + static_cast<std::uint64_t>(step));
    std::vector<float> targets(50 * kClasses);
    for (std::size_t row = 0; row < 50; ++row) targets[row * kClasses + static_cast<std::size_t>(batch.labels[row])] = 1;
    trainer->step(batch.features, targets, 50, {.learning_rate = step < 350 ? 1e-2 : 2e-3});
  }
  trainer->store(graph);
}

/// Channel c of what `first` writes becomes 2^spread[c] times as large, and `second` reads it that much smaller.
void spread_channels(Graph& graph, Random& random) {
  const std::vector<WeightedLayer> layers = weighted_layers(graph);
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
    Tensor &first = graph.initializer(layers[i].weight), &second = graph.initializer(layers[i + 1].weight);
    std::vector<float>& bias = graph.initializer(layers[i].bias).data;
    const std::size_t channels = bias.size(), per_channel = first.data.size() / channels;
    const bool is_depthwise = second.shape[1] == 1;
    for (std::size_t c = 0; c < channels; ++c) {
      const auto factor = static_cast<float>(std::exp2(static_cast<double>(random.uniform_int(7)) - 3));  // 2^-3 … 2^3
      bias[c] *= factor;
      for (std::size_t k = 0; k < per_channel; ++k) first.data[c * per_channel + k] *= factor;
      for (std::size_t k = 0; k < second.data.size(); ++k) {
        const std::size_t reads = is_depthwise ? k / (second.data.size() / channels) : k % channels;  // pointwise and fully connected: [out][in]
        if (reads == c) second.data[k] /= factor;
      }
    }
  }
}

struct HardNet {
  Model easy, hard;
  HardNet() {
    easy.graph = depthwise_net(4);
    train(easy.graph);
    hard = easy;
    Random random({77});
    spread_channels(hard.graph, random);
  }
};
const HardNet& hard_net() {
  static const HardNet net;
  return net;
}

double accuracy_of(const std::vector<float>& logits, const FeatureSet& clips) { return accuracy(logits, clips.labels, kClasses); }

RecipeClips recipe_clips() { return {.search = clips_of(250, 1), .fit = clips_of(600, 2), .check = clips_of(400, 3)}; }

TEST(Recipe, RecoversANetThatMinmaxRuins) {
  const HardNet& net = hard_net();
  const FeatureSet unseen = clips_of(2000, 4);
  const double floating = accuracy_of(float_logits(net.hard, unseen), unseen);
  ASSERT_GT(floating, 0.85) << "trained";
  EXPECT_NEAR(accuracy_of(float_logits(net.easy, unseen), unseen), floating, 1e-9) << "the rescaling keeps the function";

  const QuantizeResult minmax = quantize_model(net.hard, clips_of(250, 1), {.method = RangeMethod::minmax, .is_quiet = true});
  EXPECT_LT(accuracy_of(integer_logits(minmax.model, unseen), unseen), floating - 0.10) << "too easy: min/max does not collapse";
  const RecipeResult recipe = quantize_by_recipe(net.hard, recipe_clips(), {.search = {.is_quiet = true}});
  const std::vector<float> integers = integer_logits(recipe.quantized.model, unseen);
  EXPECT_GT(accuracy_of(integers, unseen), floating - 0.005);
  EXPECT_EQ(fake_quant_logits(recipe.quantized.model, unseen), integers) << "what was searched is what ships";
}

TEST(Recipe, SaysWhatItDidAndKeepsOnlyWhatHelps) {
  const RecipeResult recipe = quantize_by_recipe(hard_net().hard, recipe_clips(), {.search = {.is_quiet = true}});
  ASSERT_GE(recipe.steps.size(), 6u);
  double kl = recipe.steps.front().check.kl;
  EXPECT_TRUE(recipe.steps.front().is_kept);
  bool has_equalized = false;
  for (std::size_t i = 1; i < recipe.steps.size(); ++i) {
    const RecipeStep& step = recipe.steps[i];
    EXPECT_EQ(step.is_kept, step.check.kl < kl * 0.99) << step.name;
    if (step.is_kept) kl = step.check.kl;
    has_equalized |= step.is_kept && step.name.starts_with("equalization");
  }
  EXPECT_TRUE(has_equalized) << "what this net needs";
  EXPECT_EQ(recipe.is_inside, recipe.advice.empty());
}

TEST(Recipe, IsTheSameInEveryRunAndLegal) {
  const RecipeSettings settings{.search = {.is_quiet = true}};
  const RecipeResult a = quantize_by_recipe(hard_net().hard, recipe_clips(), settings), b = quantize_by_recipe(hard_net().hard, recipe_clips(), settings);
  EXPECT_EQ(*a.quantized.model.quantization, *b.quantized.model.quantization);
  Quantization formats = *a.quantized.model.quantization;
  EXPECT_TRUE(legalize(a.quantized.model.graph, formats).empty());
  EXPECT_EQ(formats, *a.quantized.model.quantization);
}

TEST(Recipe, StaysWithinWhatTheTargetRuns) {
  const RecipeResult q7 = quantize_by_recipe(hard_net().hard, recipe_clips(), {.search = {.is_quiet = true}, .target = quantization_target("cmsis-nn-q7"), .max_loss = 0});
  EXPECT_TRUE(q7.quantized.model.quantization->channel_frac_bits.empty());
  for (const auto& [value, format] : q7.quantized.model.quantization->formats) EXPECT_EQ(format.total_bits, 8);
  const RecipeResult own = quantize_by_recipe(hard_net().hard, recipe_clips(), {.search = {.is_quiet = true}});
  for (const WeightedLayer& layer : weighted_layers(own.quantized.model.graph)) EXPECT_EQ(own.quantized.model.quantization->formats.at(layer.bias).total_bits, 32);
  EXPECT_THROW(quantize_by_recipe(hard_net().hard, recipe_clips(), {.search = {.bias_bits = 32, .is_quiet = true}, .target = quantization_target("cmsis-nn-q7")}), Error);
  EXPECT_THROW(quantization_target("cmsis"), Error);
}

TEST(Recipe, NoCheckClipsIsAnError) {
  RecipeClips clips = recipe_clips();
  clips.check = {};
  EXPECT_THROW(quantize_by_recipe(hard_net().hard, clips, {.search = {.is_quiet = true}}), Error);
}

/// Flatten → fully connected on coefficients whose ranges lie far apart: the powers of two belong into the front end.
TEST(Recipe, ScalesTheCoefficientsOfAFullyConnectedNet) {
  Model model;
  model.graph = testing::dense_net({24, 16, kClasses}, 5);
  model.graph.value(model.graph.input).shape = {1, 1, 4, 6};
  FrontEndSettings& front_end = model.metadata.front_end;  // 4 frames of 6 coefficients
  front_end.clip_samples = 1600;
  front_end.window_samples = front_end.hop_samples = 400;
  front_end.coefficient_count = 6;
  infer_shapes(model.graph);
  const auto clips = [&](int count, std::uint64_t seed) {
    Random random({seed});
    FeatureSet set;
    set.features_per_clip = 24;
    for (int clip = 0; clip < count; ++clip) {
      for (int i = 0; i < 24; ++i) set.features.push_back(static_cast<float>(random.normal() * std::exp2(5 - i % 6)));
      set.clip_ids.push_back(clip);
    }
    set.labels = top1(engine().evaluator(model.graph, nullptr)->run(set.features, count), kClasses);
    return set;
  };
  const RecipeResult recipe = quantize_by_recipe(model, {.search = clips(200, 1), .fit = clips(800, 2), .check = clips(300, 3)}, {.search = {.is_quiet = true}});
  const std::vector<int>& shifts = recipe.quantized.model.metadata.front_end.coefficient_shifts;
  ASSERT_EQ(shifts.size(), 6u);
  EXPECT_TRUE(std::ranges::is_sorted(shifts, std::greater<>())) << "larger coefficients are divided more";
  EXPECT_GE(shifts.front() - shifts.back(), 4);
  FeatureSet unseen = clips(500, 4);
  const std::vector<float> reference = float_logits(model, unseen);
  for (std::size_t i = 0; i < unseen.features.size(); ++i) unseen.features[i] = std::ldexp(unseen.features[i], -shifts[i % 6]);
  EXPECT_EQ(float_logits(recipe.quantized.model, unseen), reference) << "powers of two change no bit of the float net";
  EXPECT_LT(mean_kl(reference, integer_logits(recipe.quantized.model, unseen), kClasses), 0.75 * recipe.steps.front().check.kl) << "of descend alone";
}

TEST(CheckScore, ExpectsALossOnlyWhereLabelsChange) {
  const std::vector<float> reference{2, 0, 0, /**/ 1, 0.9f, 0};
  FeatureSet clips;
  clips.labels = {0, 1};
  const CheckScore same = check_score(reference, reference, clips);
  EXPECT_EQ(same.expected_loss, 0);
  EXPECT_EQ(same.agreement, 1);
  const CheckScore changed = check_score(reference, std::vector<float>{3, 0, 1, /**/ 0.9f, 1, 0}, clips);
  const double norm = std::exp(1.0) + std::exp(0.9f) + 1;
  EXPECT_NEAR(changed.expected_loss, (std::exp(1.0) - std::exp(0.9f)) / norm / 2, 1e-6);
  EXPECT_EQ(changed.agreement, 0.5);
  EXPECT_EQ(changed.difference, 0.5) << "the second clip's label is 1";
}

}  // namespace
}  // namespace qmn
