// SPDX-License-Identifier: Apache-2.0
// Slopes of trained thresholds against the formula of the paper (Jain et al. 2019, arXiv 1903.08066), written out:
//   q(x) = clip(round(x/s), n, p) · s,   s = 2^ceil(log2 t) / 2^(b-1)
//   ∂q/∂x = 1 for n <= round(x/s) <= p, else 0
//   ∂q/∂log2 t = s·ln 2 · (round(x/s) - x/s) for n <= round(x/s) <= p,  s·ln 2 · n below,  s·ln 2 · p above
#include "engine/engine.h"
#include "nets.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

using test::NetBuilder;
using test::random_floats;

struct Paper {
  QFormat format;
  double s() const { return std::ldexp(1.0, format.int_bits()) / std::ldexp(1.0, format.total_bits - 1); }
  double n() const { return -std::ldexp(1.0, format.total_bits - 1); }
  double p() const { return std::ldexp(1.0, format.total_bits - 1) - 1; }
  double round(double x) const { return std::floor(x / s() + 0.5); }
  double q(double x) const { return std::min(std::max(round(x), n()), p()) * s(); }
  double of_x(double x) const { return round(x) >= n() && round(x) <= p() ? 1 : 0; }
  double of_threshold(double x) const {
    const double inside = round(x) < n() ? n() : round(x) > p() ? p() : round(x) - x / s();
    return s() * std::log(2.0) * inside;
  }
};

// One fully connected layer, everything quantized, narrow enough that some of every kind saturates on both sides.
TEST(Thresholds, SlopesOfOneLayerFollowThePaper) {
  constexpr std::size_t kClips = 60, kIn = 7, kOut = 4;  // more than one chunk of the engine's
  for (const int weight_bits : {8, 4}) {
    NetBuilder net({1, kIn}, 3);
    net.dense("dense", kOut, kIn);
    const auto node = std::get<FullyConnected>(net.graph.nodes[0]);
    const Quantization quantization{{{net.graph.input, {8, 7}}, {node.weight, {weight_bits, weight_bits}}, {node.bias, {8, 9}}, {node.output, {8, 7}}}};
    const Paper of_input{{8, 7}}, of_weight{{weight_bits, weight_bits}}, of_bias{{8, 9}}, of_output{{8, 7}};
    const std::vector<float> inputs = random_floats(kClips * kIn, 5, -1.5, 1.5);
    std::vector<float> targets(kClips * kOut, 0.1f);
    for (std::size_t clip = 0; clip < kClips; ++clip) targets[clip * kOut + clip % kOut] += 0.6f;
    const std::vector<float>&w = net.graph.initializer(node.weight).data, &b = net.graph.initializer(node.bias).data;

    std::map<ValueId, double> expected;
    std::vector<double> weight_slopes(kOut * kIn), bias_slopes(kOut);
    for (std::size_t clip = 0; clip < kClips; ++clip) {
      double sums[kOut], sum_of_exponentials = 0;
      for (std::size_t r = 0; r < kOut; ++r) {
        sums[r] = of_bias.q(static_cast<double>(b[r]));
        for (std::size_t c = 0; c < kIn; ++c) sums[r] += of_weight.q(static_cast<double>(w[r * kIn + c])) * of_input.q(static_cast<double>(inputs[clip * kIn + c]));
        sum_of_exponentials += std::exp(of_output.q(sums[r]));
      }
      for (std::size_t r = 0; r < kOut; ++r) {
        const double slope = (std::exp(of_output.q(sums[r])) / sum_of_exponentials - static_cast<double>(targets[clip * kOut + r])) / kClips;
        expected[node.output] += slope * of_output.of_threshold(sums[r]);
        const double before = slope * of_output.of_x(sums[r]);
        bias_slopes[r] += before;
        for (std::size_t c = 0; c < kIn; ++c) {
          const auto x = static_cast<double>(inputs[clip * kIn + c]);
          weight_slopes[r * kIn + c] += before * of_input.q(x);
          expected[net.graph.input] += before * of_weight.q(static_cast<double>(w[r * kIn + c])) * of_input.of_threshold(x);
        }
      }
    }
    for (std::size_t i = 0; i < w.size(); ++i) expected[node.weight] += weight_slopes[i] * of_weight.of_threshold(static_cast<double>(w[i]));
    for (std::size_t i = 0; i < b.size(); ++i) expected[node.bias] += bias_slopes[i] * of_bias.of_threshold(static_cast<double>(b[i]));

    const std::vector<ValueId> wanted{net.graph.input, node.weight, node.bias, node.output};
    const auto slopes = engine().trainer(net.graph, &quantization)->step(inputs, targets, kClips, {.thresholds = wanted}).threshold_slopes;
    ASSERT_EQ(slopes.size(), wanted.size());
    for (const ValueId id : wanted) {
      EXPECT_GT(std::abs(expected.at(id)), 1e-5);
      EXPECT_NEAR(slopes.at(id), expected.at(id), 1e-3 * std::abs(expected.at(id)) + 1e-7) << net.graph.value(id).name;
    }
  }
}

// A format for each channel: the threshold is that of all, its slope the sum of theirs.
TEST(Thresholds, ChannelsShareTheirSlope) {
  NetBuilder net({1, 7}, 3);
  net.dense("dense", 4, 7);
  const auto node = std::get<FullyConnected>(net.graph.nodes[0]);
  const std::vector<float> inputs = random_floats(20 * 7, 5, -1.5, 1.5), targets(20 * 4, 0.25f);
  const auto slope_of = [&](const Graph& graph, const Quantization& quantization, ValueId id) {
    const std::vector<ValueId> wanted{id};
    return engine().trainer(graph, &quantization)->step(inputs, targets, 20, {.thresholds = wanted}).threshold_slopes.at(id);
  };
  Quantization channels;
  channels.set_channels(node.weight, 4, {4, 5, 3, 6});
  const std::vector<float> rounded = [&] {
    std::vector<float> out;
    const std::vector<float>& w = net.graph.initializer(node.weight).data;
    for (std::size_t r = 0; r < 4; ++r) {
      const auto row = fake_quantize(std::span(w).subspan(r * 7, 7), {4, channels.channels_of(node.weight)[r]});
      out.insert(out.end(), row.begin(), row.end());
    }
    return out;
  }();
  const Paper paper[4] = {{{4, 4}}, {{4, 5}}, {{4, 3}}, {{4, 6}}};
  double expected = 0;
  for (std::size_t clip = 0; clip < 20; ++clip) {
    double z[4], sum = 0;
    for (std::size_t r = 0; r < 4; ++r) {
      z[r] = static_cast<double>(net.graph.initializer(node.bias).data[r]);
      for (std::size_t c = 0; c < 7; ++c) z[r] += static_cast<double>(rounded[r * 7 + c]) * static_cast<double>(inputs[clip * 7 + c]);
      sum += std::exp(z[r]);
    }
    for (std::size_t r = 0; r < 4; ++r) {
      for (std::size_t c = 0; c < 7; ++c) {
        const double slope = (std::exp(z[r]) / sum - 0.25) / 20 * static_cast<double>(inputs[clip * 7 + c]);
        expected += slope * paper[r].of_threshold(static_cast<double>(net.graph.initializer(node.weight).data[r * 7 + c]));
      }
    }
  }
  EXPECT_GT(std::abs(expected), 1e-4);
  EXPECT_NEAR(slope_of(net.graph, channels, node.weight), expected, 1e-3 * std::abs(expected));
}

TEST(Thresholds, AskingForSlopesChangesNoStep) {
  const Graph graph = test::small_ds_cnn(2);
  const Quantization quantization = test::full_quantization(graph);
  const std::vector<float> inputs = random_floats(30 * 66, 2, -2, 2), targets(30 * 5, 0.2f);
  std::vector<ValueId> all;
  for (const auto& [id, format] : quantization.formats) all.push_back(id);
  const auto asked = engine().trainer(graph, &quantization), unasked = engine().trainer(graph, &quantization);
  const auto result = asked->step(inputs, targets, 30, {.thresholds = all});
  unasked->step(inputs, targets, 30, {});
  EXPECT_EQ(asked->save_state(), unasked->save_state());
  EXPECT_EQ(result.threshold_slopes.size(), all.size());
  EXPECT_TRUE(unasked->step(inputs, targets, 30, {}).threshold_slopes.empty());
}

// A format that is far too narrow cuts the logits off: widening it is downhill. One that is far too wide rounds everything away: the
// slope is that of rounding errors alone, smaller by far.
TEST(Thresholds, ASaturatedFormatWantsToWiden) {
  NetBuilder net({1, 6}, 8);
  net.dense("dense", 3, 6);
  const auto node = std::get<FullyConnected>(net.graph.nodes[0]);
  const std::vector<float> inputs = random_floats(20 * 6, 4, -3, 3);
  const std::vector<float> logits = engine().evaluator(net.graph, nullptr)->run(inputs, 20);
  std::vector<float> targets(60);  // the net is right already: larger logits are better
  for (std::size_t row = 0; row < 60; row += 3) targets[static_cast<std::size_t>(std::max_element(logits.begin() + static_cast<long>(row), logits.begin() + static_cast<long>(row) + 3) - logits.begin())] = 1;
  const auto slope = [&](int frac_bits) {
    const Quantization quantization{{{node.output, {8, frac_bits}}}};
    const std::vector<ValueId> wanted{node.output};
    return engine().trainer(net.graph, &quantization)->step(inputs, targets, 20, {.thresholds = wanted}).threshold_slopes.at(node.output);
  };
  EXPECT_LT(slope(8), -0.05);
  EXPECT_LT(std::abs(slope(4)), 0.005);
}

TEST(Thresholds, FormatsMayChangeBetweenSteps) {
  const Graph graph = test::small_ds_cnn(2);
  const Quantization narrow = test::full_quantization(graph);
  Quantization wide = narrow;
  for (auto& [id, format] : wide.formats) --format.frac_bits;
  const std::vector<float> inputs = random_floats(30 * 66, 2, -2, 2), targets(30 * 5, 0.2f);
  const auto changed = engine().trainer(graph, &narrow), always = engine().trainer(graph, &wide);
  EXPECT_NE(changed->run(inputs, 30), always->run(inputs, 30));
  changed->set_quantization(wide);
  EXPECT_EQ(changed->run(inputs, 30), always->run(inputs, 30));
  changed->step(inputs, targets, 30, {});
  always->step(inputs, targets, 30, {});
  EXPECT_EQ(changed->save_state(), always->save_state());
}

}  // namespace
}  // namespace qmn
