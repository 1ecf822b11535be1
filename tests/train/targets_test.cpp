// SPDX-License-Identifier: Apache-2.0
#include "train/targets.h"

#include <gtest/gtest.h>

#include <numeric>

namespace qmn {
namespace {

TEST(Targets, SmoothingSpreadsItsShareOverAllClasses) {
  const std::vector<float> targets = smooth_targets({2, 0}, 4, 0.2);
  const std::vector<float> expected{0.05f, 0.05f, 0.85f, 0.05f, 0.85f, 0.05f, 0.05f, 0.05f};
  ASSERT_EQ(targets.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(static_cast<double>(targets[i]), static_cast<double>(expected[i]), 1e-6);
  EXPECT_EQ(smooth_targets({1}, 3, 0), (std::vector<float>{0, 1, 0}));
}

TEST(Targets, MixedPairsKeepTheirSumsAndTheLargerHalf) {
  const std::size_t clips = 50;
  std::vector<int> labels(clips);
  for (std::size_t i = 0; i < clips; ++i) labels[i] = static_cast<int>(i);
  const std::vector<float> before = smooth_targets(labels, 50, 0);
  std::vector<float> targets = before, features = before;  // feature i of clip i is 1: features show what was mixed
  mix_pairs(features, targets, clips, 0.4, 7, 3);
  EXPECT_EQ(features, targets) << "features and targets are mixed alike";
  EXPECT_NE(targets, before);
  for (std::size_t clip = 0; clip < clips; ++clip) {
    const auto row = targets.begin() + static_cast<std::ptrdiff_t>(clip * clips);
    EXPECT_NEAR(static_cast<double>(std::accumulate(row, row + clips, 0.0f)), 1.0, 1e-6);
    EXPECT_GE(row[static_cast<std::ptrdiff_t>(clip)], 0.5f);
  }
  std::vector<float> again_targets = before, again_features = before, other_targets = before, other_features = before;
  mix_pairs(again_features, again_targets, clips, 0.4, 7, 3);
  mix_pairs(other_features, other_targets, clips, 0.4, 7, 4);
  EXPECT_EQ(again_targets, targets) << "drawn from seed and step alone";
  EXPECT_NE(other_targets, targets);
}

// The distribution of max(l, 1-l) for Beta(1, 1) is uniform on [0.5, 1]; a small alpha mixes little.
TEST(Targets, AlphaSaysHowMuchIsMixed) {
  const auto mean_weight = [](double alpha) {
    double sum = 0;
    int count = 0;
    for (int step = 0; step < 400; ++step) {
      std::vector<float> targets{1, 0, 0, 1}, features = targets;
      mix_pairs(features, targets, 2, alpha, 1, step);
      if (targets[0] == 1.0f) continue;  // mixed with itself
      sum += static_cast<double>(targets[0]) + static_cast<double>(targets[3]);
      count += 2;
    }
    return sum / count;
  };
  EXPECT_NEAR(mean_weight(1.0), 0.75, 0.02);
  EXPECT_GT(mean_weight(0.1), 0.9);
}

}  // namespace
}  // namespace qmn
