// SPDX-License-Identifier: Apache-2.0
// The rules against definitions that walk the values one by one.
#include "quantize/range_choice.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace qmn {
namespace {

ObservedRange observed(const std::vector<float>& reals) {
  ObservedRange range;
  range.add(reals);
  return range;
}

std::vector<float> normals(std::size_t count, double outlier_share, double outlier, std::uint64_t seed, bool is_rectified = false) {
  Random random({seed});
  std::vector<float> reals(count);
  for (float& real : reals) {
    real = static_cast<float>(random.normal() * (random.uniform() < outlier_share ? outlier : 1));
    if (is_rectified) real = std::max(real, 0.0f);
  }
  return reals;
}

double squared_error(const std::vector<float>& reals, QFormat format) {
  double sum = 0;
  for (const float real : reals) {
    const double raw = std::clamp(std::floor(real * std::ldexp(1.0, format.frac_bits) + 0.5), -128.0, 127.0);
    sum += std::pow(real - std::ldexp(raw, -format.frac_bits), 2);
  }
  return sum / static_cast<double>(reals.size());
}

TEST(RangeChoice, MinmaxHoldsEveryValueAndHalfOfItDoesNot) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<float> reals = normals(500, 0.01, 30, seed);
    const QFormat format = choose_format(RangeRule::minmax, observed(reals));
    const double largest = std::fabs(*std::ranges::max_element(reals, {}, [](float real) { return std::fabs(real); }));
    EXPECT_LE(largest, std::ldexp(1.0, format.int_bits()));
    EXPECT_GT(largest, std::ldexp(0.5, format.int_bits()));
  }
}

TEST(RangeChoice, MeanSquaredErrorIsThatOfTheValues) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const std::vector<float> reals = normals(20000, 0.002, 20, seed, seed % 2 == 0);
    const ObservedRange range = observed(reals);
    const QFormat widest = format_for(range.max_abs());
    for (int narrower = 0; narrower <= kNarrower; ++narrower) {
      const QFormat format{8, widest.frac_bits + narrower};
      const double expected = squared_error(reals, format);
      EXPECT_NEAR(mean_squared_error(range.histogram, format), expected, 0.05 * expected) << narrower;
    }
  }
}

TEST(RangeChoice, MseTakesTheFormatOfLeastError) {
  int narrower_ones = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<float> reals = normals(5000, 0.001, 40, seed);
    const QFormat widest = format_for(observed(reals).max_abs()), chosen = choose_format(RangeRule::mse, observed(reals));
    for (int narrower = 0; narrower <= kNarrower; ++narrower) EXPECT_LE(squared_error(reals, chosen), 1.05 * squared_error(reals, {8, widest.frac_bits + narrower}));
    narrower_ones += chosen.frac_bits > widest.frac_bits ? 1 : 0;
  }
  EXPECT_GT(narrower_ones, 4) << "outliers are worth cutting off";
}

TEST(RangeChoice, PercentileCutsOffThatShareAtMost) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const std::vector<float> reals = normals(20000, 0.003, 50, seed);
    for (const double percentile : {100.0, 99.99, 99.0, 90.0, 50.0}) {
      const QFormat format = choose_format(RangeRule::percentile, observed(reals), 8, percentile);
      const auto beyond = [&](int int_bits) {
        return static_cast<double>(std::ranges::count_if(reals, [&](float real) { return std::fabs(real) >= std::ldexp(1.0, int_bits); })) / static_cast<double>(reals.size());
      };
      EXPECT_LE(beyond(format.int_bits()), 1 - percentile / 100 + 1e-9) << percentile;
      EXPECT_GT(beyond(format.int_bits() - 1), 1 - percentile / 100 - 2e-4) << percentile << ": a bit narrower would have done";
    }
  }
}

TEST(RangeChoice, MovingAverageForgetsASingleClip) {
  ObservedRange range;
  double average = 0;
  for (int clip = 1; clip <= 400; ++clip) {
    const double largest = clip == 100 ? 60 : 3;
    range.average_clip(largest);
    const double weight = std::max(1.0 / clip, 1 - kAverageMomentum);
    average = (1 - weight) * average + weight * largest;
  }
  EXPECT_NEAR(range.average_max_abs, average, 1e-9);
  EXPECT_EQ(choose_format(RangeRule::moving_average, range), (QFormat{8, 5}));
}

TEST(RangeChoice, KlCutsOffFarOutliersButNotABodyThatFillsTheRange) {
  std::vector<float> body(50000);
  Random random({3});
  for (float& real : body) real = static_cast<float>(random.uniform(-1, 1));
  EXPECT_EQ(choose_format(RangeRule::kl, observed(body)), (QFormat{8, 7}));
  std::vector<float> spiked = body;
  spiked[17] = 31;
  EXPECT_GE(choose_format(RangeRule::kl, observed(spiked)).frac_bits, 6);
  EXPECT_EQ(choose_format(RangeRule::minmax, observed(spiked)).frac_bits, 2);
}

TEST(RangeChoice, KlIsThatOfItsDefinitionOnAHandfulOfBins) {
  // Bins of width 1/4096, Q0.7: 32 bins a level. Level 1 spans bins [16, 48) right of zero. Three values in one of its bins, one in another.
  Histogram histogram;
  const auto value = [](int bin) { return static_cast<float>((bin + 0.5) / 4096); };
  histogram.add(std::vector<float>{value(20), value(20), value(20), value(30), value(4095)});
  // P = 3/5, 1/5, 1/5; Q = 2/5, 2/5, 1/5
  EXPECT_NEAR(rounding_kl(histogram, {8, 7}), 0.6 * std::log(1.5) + 0.2 * std::log(0.5), 1e-12);
}

TEST(RangeChoice, ZerosOfAReluDecideNothing) {
  std::vector<float> reals = normals(20000, 0.001, 20, 5, true);
  const QFormat few = choose_format(RangeRule::kl, observed(reals));
  reals.resize(100000);
  EXPECT_EQ(choose_format(RangeRule::kl, observed(reals)), few);
}

TEST(RangeChoice, ATensorOfZerosHasAFormatByEveryRule) {
  for (const RangeRule rule : kRangeRules) EXPECT_EQ(choose_format(rule, observed(std::vector<float>(10))), (QFormat{8, 7})) << rule_name(rule);
}

}  // namespace
}  // namespace qmn
