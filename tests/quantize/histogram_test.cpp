// SPDX-License-Identifier: Apache-2.0
#include "quantize/histogram.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace qmn {
namespace {

/// Values of all magnitudes, zeros, and both signs.
std::vector<float> values(std::size_t count, std::uint64_t seed) {
  Random random({seed});
  std::vector<float> reals(count);
  for (float& real : reals) real = random.uniform() < 0.1 ? 0.0f : static_cast<float>(std::ldexp(random.normal(), static_cast<int>(random.uniform_int(12)) - 6));
  return reals;
}

TEST(Histogram, CountsAsIfTheLastRangeHadBeenKnownFromTheStart) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const std::vector<float> reals = values(3000, seed);
    Histogram histogram;
    for (std::size_t first = 0; first < reals.size(); first += 7) histogram.add(std::span(reals).subspan(first, std::min<std::size_t>(7, reals.size() - first)));
    const double largest = std::fabs(*std::ranges::max_element(reals, {}, [](float real) { return std::fabs(real); }));
    ASSERT_LT(largest, std::ldexp(1.0, histogram.exponent()));
    ASSERT_GE(largest, std::ldexp(0.5, histogram.exponent()));
    for (int bin = 0; bin < Histogram::kBins; ++bin) {
      const double low = histogram.lower_edge(bin), high = low + histogram.bin_width();
      ASSERT_EQ(histogram.counts()[static_cast<std::size_t>(bin)], std::ranges::count_if(reals, [&](float real) { return real >= low && real < high; })) << bin;
    }
    ASSERT_EQ(histogram.zero_count(), std::ranges::count(reals, 0.0f));
    ASSERT_EQ(histogram.total(), 3000);
  }
}

TEST(Histogram, DependsOnNeitherOrderNorDivision) {
  std::vector<float> reals = values(2000, 1);
  Histogram whole;
  whole.add(reals);
  std::ranges::sort(reals);
  Histogram merged;
  for (std::size_t part = 0; part < 5; ++part) {
    Histogram histogram;
    histogram.add(std::span(reals).subspan(part * 400, 400));
    merged.merge(histogram);
  }
  EXPECT_EQ(merged.exponent(), whole.exponent());
  EXPECT_TRUE(std::ranges::equal(merged.counts(), whole.counts()));
  EXPECT_EQ(merged.zero_count(), whole.zero_count());
  Histogram backwards;
  std::ranges::reverse(reals);
  for (const float real : reals) backwards.add({&real, 1});
  EXPECT_TRUE(std::ranges::equal(backwards.counts(), whole.counts()));
}

TEST(Histogram, TakesZerosPowersOfTwoAndTheLargestFloat) {
  Histogram histogram;
  histogram.add(std::vector<float>{0, -0.0f, 0});
  EXPECT_EQ(histogram.counts()[Histogram::kBinsPerSide], 3);
  histogram.add(std::vector<float>{1, -1});
  EXPECT_EQ(histogram.exponent(), 1) << "1 lies beyond [-1, 1)";
  histogram.add(std::vector<float>{3.4e38f, 1e-44f});
  EXPECT_EQ(histogram.exponent(), 128);
  EXPECT_EQ(histogram.counts()[Histogram::kBinsPerSide], 5) << "3 zeros, 1 and 1e-44";
  EXPECT_EQ(histogram.counts()[Histogram::kBinsPerSide - 1], 1);
  EXPECT_EQ(histogram.total(), 7);
}

}  // namespace
}  // namespace qmn
