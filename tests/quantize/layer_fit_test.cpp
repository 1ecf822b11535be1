// SPDX-License-Identifier: Apache-2.0
// Layer moments against patches cut by hand; fits against the layer's output error, measured by running it.
#include "nets.h"

#include "engine/engine.h"
#include "quantize/layer_fit.h"
#include "quantize/layer_moments.h"
#include "quantize/quantize.h"
#include "support/reference_interpreter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

/// input → conv with stride, pads, dilation and groups; small enough to be worked out by hand.
Graph conv_net(std::int64_t groups, std::uint64_t seed) {
  Random random({seed});
  Graph graph;
  graph.name = "net";
  graph.input = graph.add_value("input", {1, 4, 6, 5});
  Conv2d node{.name = "conv", .input = graph.input};
  node.weight = graph.add_initializer("conv_weight", testing::random_tensor({4, 4 / groups, 3, 2}, random, 0.4));
  node.bias = graph.add_initializer("conv_bias", testing::random_tensor({4}, random, 0.2));
  node.output = graph.output = graph.add_value("conv_out");
  node.strides = {2, 1};
  node.dilations = {1, 2};
  node.pads = {1, 0, 1, 1};
  node.groups = groups;
  graph.nodes.emplace_back(node);
  infer_shapes(graph);
  verify(graph);
  return graph;
}

/// Correlated, with a mean: as features and ReLU outputs are.
FeatureSet clips_of(const Graph& graph, int count, std::uint64_t seed) {
  Random random({seed});
  FeatureSet clips;
  clips.features_per_clip = static_cast<int>(element_count(graph.shape(graph.input)));
  for (int clip = 0; clip < count; ++clip) {
    const double shared = random.normal();
    for (int i = 0; i < clips.features_per_clip; ++i) clips.features.push_back(static_cast<float>(std::max(0.0, 0.5 + 0.6 * shared + 0.5 * random.normal())));
    clips.labels.push_back(0);
    clips.clip_ids.push_back(clip);
  }
  return clips;
}

TEST(LayerMoments, PredictTheErrorOfAnyWeights) {
  for (const std::int64_t groups : {1, 2, 4}) {
    const Graph graph = conv_net(groups, 3);
    const WeightedLayer layer = weighted_layers(graph).front();
    const FeatureSet x = clips_of(graph, 9, 1), noisy = clips_of(graph, 9, 2);
    const LayerMoments moments = layer_moments(graph, layer, x.features, noisy.features);
    Graph other = graph;
    Random random({8});
    for (float& weight : other.initializer(layer.weight).data) weight = static_cast<float>(random.normal());
    for (float& bias : other.initializer(layer.bias).data) bias = static_cast<float>(random.normal());

    std::vector<double> expected(4), predicted(4);
    std::size_t positions = 0;
    std::vector<double> squares(4);
    for (std::int64_t clip = 0; clip < 9; ++clip) {
      const reference::Reals t = reference::run(graph, x.row(clip)), y = reference::run(other, noisy.row(clip));
      positions = t.size() / 4;
      for (std::size_t i = 0; i < t.size(); ++i) {
        expected[i / positions] += (t[i] - y[i]) * (t[i] - y[i]);
        squares[i / positions] += t[i] * t[i];
      }
    }
    const std::size_t size = moments.size;
    for (std::size_t output = 0; output < 4; ++output) {
      std::vector<double> v;
      for (std::size_t i = 0; i + 1 < size; ++i) v.push_back(other.initializer(layer.weight).data[output * (size - 1) + i]);
      v.push_back(other.initializer(layer.bias).data[output]);
      const std::vector<double>& gram = moments.gram[output / moments.outputs_of_group];
      predicted[output] = squares[output] / static_cast<double>(9 * positions);
      for (std::size_t i = 0; i < size; ++i) {
        predicted[output] -= 2 * v[i] * moments.cross[output][i];
        for (std::size_t k = 0; k < size; ++k) predicted[output] += v[i] * gram[i * size + k] * v[k];
      }
      EXPECT_NEAR(predicted[output], expected[output] / static_cast<double>(9 * positions), 1e-4 * predicted[output]) << groups << ", " << output;
    }
  }
}

/// Weights of few bits, so that their rounding is what hurts; activations wide.
Quantization coarse(const Graph& graph, int bias_bits) {
  Quantization quantization = quantize_parameters(graph, bias_bits);
  for (const WeightedLayer& layer : weighted_layers(graph)) quantization.formats[layer.weight].frac_bits -= 4;
  for (const TiedValues& values : activation_groups(graph)) {
    for (const ValueId value : values) quantization.set_format(value, {16, 9});
  }
  legalize(graph, quantization);
  return quantization;
}

struct Error {
  double mean_of_channels = 0, square = 0;  // squared mean error of each output, summed; mean squared error
};
Error error_of(const Graph& graph, const Quantization& quantization, const FeatureSet& clips) {
  const auto expected = engine().evaluator(graph, nullptr)->run(clips.features, clips.row_count());
  const auto got = engine().evaluator(graph, &quantization)->run(clips.features, clips.row_count());
  const std::size_t outputs = expected.size() / static_cast<std::size_t>(clips.row_count());
  std::vector<double> means(outputs);
  Error error;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = static_cast<double>(got[i]) - static_cast<double>(expected[i]);
    means[i % outputs] += difference / static_cast<double>(clips.row_count());
    error.square += difference * difference / static_cast<double>(expected.size());
  }
  for (const double mean : means) error.mean_of_channels += mean * mean;
  return error;
}

TEST(LayerFit, BiasCorrectionsTakeTheMeanErrorAway) {
  const Graph graph = testing::dense_net({16, 20, 12, 6}, 2);
  const FeatureSet fit = clips_of(graph, 400, 1), unseen = clips_of(graph, 400, 2);
  const Quantization before = coarse(graph, 32);
  const Error plain = error_of(graph, before, unseen);
  for (const LayerFit remedy : {LayerFit::bias_analytic, LayerFit::bias_empirical}) {
    const Error corrected = error_of(graph, fit_layers(remedy, graph, before, fit, true), unseen);
    EXPECT_LT(corrected.mean_of_channels, plain.mean_of_channels / (remedy == LayerFit::bias_empirical ? 10 : 2)) << layer_fit_name(remedy);
    EXPECT_LT(corrected.square, plain.square) << layer_fit_name(remedy);
  }
}

TEST(LayerFit, AdaptiveRoundingHalvesTheErrorOnClipsThatItDidNotSee) {
  for (const int bias_bits : {8, 32}) {
    const Graph graph = testing::dense_net({16, 20, 12, 6}, 2);
    const Quantization before = coarse(graph, bias_bits);
    const Quantization after = fit_layers(LayerFit::rounding, graph, before, clips_of(graph, 400, 1), true);
    const FeatureSet unseen = clips_of(graph, 400, 2);
    EXPECT_LT(error_of(graph, after, unseen).square, error_of(graph, before, unseen).square / 2);
    EXPECT_EQ(after.formats, before.formats);
    verify(graph, after);
    for (const WeightedLayer& layer : weighted_layers(graph)) {  // the sums lie on the grid: what is stored is what was chosen
      const std::vector<float> reals = corrected_parameter(graph, after, layer.weight);
      const double step = after.formats.at(layer.weight).step();
      for (const float real : reals) EXPECT_NEAR(real / step, std::round(real / step), 1e-3);
    }
  }
}

TEST(LayerFit, WorksOnConvolutionsAndRepeats) {
  for (const std::int64_t groups : {1, 2, 4}) {
    const Graph graph = conv_net(groups, 5);
    const Quantization before = coarse(graph, 32);
    const FeatureSet fit = clips_of(graph, 300, 1), unseen = clips_of(graph, 200, 2);
    const Quantization once = fit_layers(LayerFit::rounding, graph, before, fit, true);
    EXPECT_LT(error_of(graph, once, unseen).square, error_of(graph, before, unseen).square / 1.2) << groups;
    EXPECT_EQ(fit_layers(LayerFit::rounding, graph, once, fit, true), once) << "earlier corrections are replaced, not added to";
  }
}

}  // namespace
}  // namespace qmn
