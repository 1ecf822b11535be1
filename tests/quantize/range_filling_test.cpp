// SPDX-License-Identifier: Apache-2.0
// A hidden layer whose values reach a little beyond a power of two: half of its format lies idle, until a scale moves into the weights.
#include "nets.h"
#include "engine/engine.h"
#include "passes/equalize.h"
#include "quantize/calibrated_net.h"
#include "quantize/metrics.h"
#include "quantize/range_filling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr int kInputs = 12, kClasses = 6;

struct Problem {
  Graph graph = testing::dense_net({kInputs, 40, kClasses}, 9);
  FeatureSet clips;
  Problem() {
    Random random({17});
    clips.features_per_clip = kInputs;
    for (int clip = 0; clip < 250; ++clip) {
      for (int i = 0; i < kInputs; ++i) clips.features.push_back(static_cast<float>(random.uniform(-1, 1)));
      clips.clip_ids.push_back(clip);
    }
    clips.labels.assign(250, 0);
    clips.paths.resize(250);
    const ValueId hidden = *graph.find("fc1");
    double largest = 0;
    engine().evaluator(graph, nullptr)->run_observed(clips.features, 250, [&](ValueId value, std::span<const float> reals, std::int64_t, std::int64_t) {
      if (value != hidden) return;
      for (const float real : reals) largest = std::max(largest, static_cast<double>(real));
    });
    scale_values(graph, {{hidden, largest / 1.06}});  // 1.06 needs the range of 2
  }
};

/// Activations in the formats of min/max, parameters float: what a scale can win, by itself.
TEST(RangeFilling, FindsTheScaleThatAPowerOfTwoLacks) {
  const Problem problem;
  const CalibratedNet net(problem.graph, problem.clips, {.is_quiet = true});
  Quantization wish;
  const ValueId hidden = *net.graph().find("fc1");
  wish.formats[hidden] = net.formats(RangeRule::minmax).formats.at(hidden);
  ASSERT_EQ(wish.formats.at(hidden), (QFormat{8, 6}));
  RangeSearch search({.graph = net.graph(), .clips = problem.clips, .reference = net.reference()}, wish);
  const double before = search.score().kl;
  const std::map<ValueId, double> divisors = fill_ranges(search, true);
  ASSERT_TRUE(divisors.contains(hidden));
  EXPECT_LT(divisors.at(hidden), 0.85) << "the values grow towards 2";
  EXPECT_LT(search.score().kl, 0.6 * before) << "the square of the step falls to a third";

  Graph scaled = net.prepared();
  scale_values(scaled, divisors);
  const auto logits = engine().evaluator(scaled, &wish)->run(problem.clips.features, problem.clips.row_count());
  EXPECT_NEAR(mean_kl(net.reference(), logits, kClasses), search.score().kl, 0.05 * search.score().kl) << "what was searched by corrections is what the scaled net does";
}

TEST(RangeFilling, LeavesAFullRangeAlone) {
  Problem problem;
  scale_values(problem.graph, {{*problem.graph.find("fc1"), 1.06 / 1.98}});
  const CalibratedNet net(problem.graph, problem.clips, {.is_quiet = true});
  Quantization wish;
  const ValueId hidden = *net.graph().find("fc1");
  wish.formats[hidden] = QFormat{8, 6};
  RangeSearch search({.graph = net.graph(), .clips = problem.clips, .reference = net.reference()}, wish);
  const double before = search.score().kl;
  const auto divisors = fill_ranges(search, true);
  EXPECT_GT(divisors.contains(hidden) ? divisors.at(hidden) : 1.0, 0.7) << "twice as large would saturate";
  EXPECT_LE(search.score().kl, before);
}

}  // namespace
}  // namespace qmn
