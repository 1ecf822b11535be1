// SPDX-License-Identifier: Apache-2.0
#include "quantize/metrics.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qmn {
namespace {

TEST(Metrics, ConfusionCountsTruthInRowsAndPredictionInColumns) {
  const std::vector<float> logits{1, 0, 0, /**/ 0, 2, 1, /**/ 0, 1, 5, /**/ 3, 2, 1};
  const ConfusionMatrix matrix = confusion(logits, std::vector<int>{0, 1, 1, 2}, {"a", "b", "c"});
  EXPECT_EQ(matrix.counts, (std::vector<std::int64_t>{1, 0, 0, 0, 1, 1, 1, 0, 0}));
  EXPECT_EQ(matrix.total(), 4);
  EXPECT_EQ(matrix.hits(), 2);
  EXPECT_DOUBLE_EQ(matrix.accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(confusion({}, {}, {"a"}).accuracy(), 0);
}

TEST(Metrics, Top1TakesTheFirstOfEquals) {
  EXPECT_EQ(top1(std::vector<float>{1, 1, 0, /**/ -3, -2, -2}, 3), (std::vector<int>{0, 1}));
}

TEST(Metrics, MeanKlEqualsTheHandComputedValue) {
  // p = (3/4, 1/4), q = (1/2, 1/2): KL = 3/4 ln(3/2) + 1/4 ln(1/2). The second row is equal on both sides: 0.
  const std::vector<float> p{std::log(3.0f), 0, 1, 2}, q{0, 0, 1, 2};
  EXPECT_NEAR(mean_kl(p, q, 2), 0.5 * (0.75 * std::log(1.5) + 0.25 * std::log(0.5)), 1e-7);
}

TEST(Metrics, MeanKlIgnoresAShiftOfAllLogitsAndSurvivesHugeOnes) {
  const std::vector<float> p{1000, 0, -1000}, q{0, 1000, -1000}, shifted{1500, 500, -500};
  EXPECT_NEAR(mean_kl(p, q, 3), 1000, 1e-3);
  EXPECT_DOUBLE_EQ(mean_kl(p, shifted, 3), 0);
  EXPECT_GE(mean_kl(q, p, 3), 0);
}

TEST(Metrics, AgreementIsTheShareOfRowsWithTheSameWinner) {
  const std::vector<float> a{1, 0, 0, 1, 1, 0, 0, 1}, b{2, 0, 1, 0, 1, 0, 0, 3};
  EXPECT_DOUBLE_EQ(agreement(a, b, 2), 0.75);
}

/// One-hot logits of two classes; truth is always class 0.
std::vector<float> answers(const std::vector<bool>& hits) {
  std::vector<float> logits;
  for (const bool hit : hits) {
    logits.push_back(hit ? 1.0f : 0.0f);
    logits.push_back(hit ? 0.0f : 1.0f);
  }
  return logits;
}

TEST(PairedDifference, MeanIsTheDifferenceOfTheAccuracies) {
  const auto result = paired_difference(answers({true, true, false, true}), answers({true, false, false, false}), std::vector<int>(4, 0), std::vector<int>{0, 1, 2, 3}, 2);
  EXPECT_DOUBLE_EQ(result.reference_accuracy, 0.75);
  EXPECT_DOUBLE_EQ(result.other_accuracy, 0.25);
  EXPECT_DOUBLE_EQ(result.mean, -0.5);
  EXPECT_LE(result.low, result.mean);
  EXPECT_GE(result.high, result.mean);
}

TEST(AccuracyInterval, CoversTheMeanAndCopiesOfAClipAreNoNewClips) {
  std::vector<float> logits;
  std::vector<int> truth, clips;
  std::vector<float> copied;
  std::vector<int> copied_truth, copied_clips;
  for (int clip = 0; clip < 40; ++clip) {
    const bool is_hit = clip % 4 != 0;
    for (int copy = 0; copy < 5; ++copy) {
      if (copy == 0) {
        logits.insert(logits.end(), {is_hit ? 1.0F : 0.0F, 0.5F});
        truth.push_back(0);
        clips.push_back(clip);
      }
      copied.insert(copied.end(), {is_hit ? 1.0F : 0.0F, 0.5F});
      copied_truth.push_back(0);
      copied_clips.push_back(clip);
    }
  }
  const Interval once = accuracy_interval(logits, truth, clips, 2), five = accuracy_interval(copied, copied_truth, copied_clips, 2);
  EXPECT_DOUBLE_EQ(once.low, five.low);
  EXPECT_DOUBLE_EQ(once.high, five.high);
  // 30 of 40 hits: the binomial standard error is 0.068, so the bounds lie about 0.134 off.
  EXPECT_NEAR(once.low, 0.75 - 0.134, 0.03);
  EXPECT_NEAR(once.high, 0.75 + 0.134, 0.03);
}

TEST(PairedDifference, EqualAnswersHaveAnIntervalOfWidthZero) {
  const auto logits = answers({true, false, true});
  const auto result = paired_difference(logits, logits, std::vector<int>(3, 0), std::vector<int>{0, 1, 2}, 2);
  EXPECT_EQ(result.low, 0);
  EXPECT_EQ(result.high, 0);
}

TEST(PairedDifference, CopiesOfAClipCountAsOneClip) {
  // 30 clips in 10 identical copies: the interval is that of the 30 clips, not of 300 independent rows.
  Random random({7});
  std::vector<bool> a, b, a_copies, b_copies;
  std::vector<int> ids, copy_ids;
  for (int clip = 0; clip < 30; ++clip) {
    a.push_back(random.uniform() < 0.8);
    b.push_back(random.uniform() < 0.7);
    ids.push_back(clip);
    for (int copy = 0; copy < 10; ++copy) {
      a_copies.push_back(a.back());
      b_copies.push_back(b.back());
      copy_ids.push_back(clip);
    }
  }
  const auto once = paired_difference(answers(a), answers(b), std::vector<int>(a.size(), 0), ids, 2);
  const auto copied = paired_difference(answers(a_copies), answers(b_copies), std::vector<int>(a_copies.size(), 0), copy_ids, 2);
  EXPECT_DOUBLE_EQ(once.mean, copied.mean);
  EXPECT_DOUBLE_EQ(once.low, copied.low);
  EXPECT_DOUBLE_EQ(once.high, copied.high);
  EXPECT_LT(once.low, once.high);
}

TEST(PairedDifference, IntervalCoversTheTrueDifferenceInAboutNinetyFivePercentOfExperiments) {
  // Clips of which 20 % flip right → wrong and 10 % wrong → right, in 2 copies each: the true difference is -0.1.
  int covered = 0;
  constexpr int kExperiments = 200;
  for (int experiment = 0; experiment < kExperiments; ++experiment) {
    Random random({42, static_cast<std::uint64_t>(experiment)});
    std::vector<bool> a, b;
    std::vector<int> ids;
    for (int clip = 0; clip < 150; ++clip) {
      const double u = random.uniform();
      for (int copy = 0; copy < 2; ++copy) {
        a.push_back(u >= 0.1 && u < 0.9);
        b.push_back(u < 0.1 || (u >= 0.3 && u < 0.9));
        ids.push_back(clip);
      }
    }
    const auto result = paired_difference(answers(a), answers(b), std::vector<int>(a.size(), 0), ids, 2);
    covered += result.low <= -0.1 && -0.1 <= result.high ? 1 : 0;
  }
  EXPECT_GE(covered, kExperiments * 90 / 100);
  EXPECT_LT(covered, kExperiments);
}

TEST(PairedDifference, IsTheSameInEveryRun) {
  const auto a = answers({true, true, false, true, false}), b = answers({true, false, true, true, false});
  const std::vector<int> truth(5, 0), ids{3, 1, 4, 1, 5};
  const auto first = paired_difference(a, b, truth, ids, 2), second = paired_difference(a, b, truth, ids, 2);
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
}

}  // namespace
}  // namespace qmn
