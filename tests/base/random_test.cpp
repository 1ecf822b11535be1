// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace qmn {
namespace {

// Trainings and data sets are made again from their seed: these values must never change.
TEST(Random, KnownValuesStayAsTheyAre) {
  Random empty(std::initializer_list<std::uint64_t>{});
  EXPECT_EQ(empty.next(), 0x6e789e6aa1b965f4ull);  // SplitMix64 after its initial increment
  EXPECT_EQ(empty.next(), 0x06c45d188009454full);
  Random keyed{1, 2, 3};
  EXPECT_EQ(keyed.next(), 0xc66fc24ebece2a16ull);
  EXPECT_EQ(keyed.next(), 0x4058c79a6c3e9782ull);
  Random uniform{7};
  EXPECT_EQ(uniform.uniform(), 0x1.546bdc25864ffp-1);
  Random integer{7};
  EXPECT_EQ(integer.uniform_int(1000), 980u);
}

TEST(Random, TheSameKeysGiveTheSameNumbersAndOthersDoNot) {
  Random a{42, 1}, b{42, 1};
  for (int i = 0; i < 100; ++i) ASSERT_EQ(a.next(), b.next());
  std::set<std::uint64_t> firsts;
  for (std::uint64_t x = 0; x < 100; ++x) {
    for (std::uint64_t y = 0; y < 100; ++y) firsts.insert(Random{x, y}.next());
  }
  EXPECT_EQ(firsts.size(), 10000u) << "keys in another order or of another value give another generator";
  EXPECT_NE(Random({5}).next(), Random({5, 0}).next());
}

TEST(Random, UniformStaysInItsIntervalWithTheRightMoments) {
  Random random{3};
  double sum = 0, squares = 0;
  const int count = 100000;
  for (int i = 0; i < count; ++i) {
    const double x = random.uniform();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / count, 0.5, 0.005);
  EXPECT_NEAR(squares / count, 1.0 / 3, 0.005);
  for (int i = 0; i < 1000; ++i) {
    const double x = random.uniform(-3, 5);
    ASSERT_GE(x, -3.0);
    ASSERT_LT(x, 5.0);
  }
}

TEST(Random, UniformIntReachesAllValuesEvenly) {
  for (std::uint64_t bound : {1u, 2u, 3u, 10u}) {
    Random random{bound};
    std::vector<int> hits(bound);
    const int count = 30000;
    for (int i = 0; i < count; ++i) ++hits.at(random.uniform_int(bound));
    for (int hit : hits) EXPECT_NEAR(hit, count / static_cast<double>(bound), 400) << "bound " << bound;
  }
  Random random{9};
  for (int i = 0; i < 1000; ++i) ASSERT_LT(random.uniform_int((std::uint64_t{1} << 63) + 1), (std::uint64_t{1} << 63) + 1);
}

TEST(Random, NormalHasMeanZeroAndVarianceOne) {
  Random random{4};
  double sum = 0, squares = 0, beyond_two = 0;
  const int count = 100000;
  for (int i = 0; i < count; ++i) {
    const double x = random.normal();
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
    beyond_two += std::fabs(x) > 2 ? 1 : 0;
  }
  EXPECT_NEAR(sum / count, 0, 0.02);
  EXPECT_NEAR(squares / count, 1, 0.02);
  EXPECT_NEAR(beyond_two / count, 0.0455, 0.003);
}

TEST(Random, ShuffleReachesEveryOrder) {
  std::set<std::array<int, 4>> orders;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    std::array<int, 4> items{0, 1, 2, 3};
    Random{seed}.shuffle(items);
    orders.insert(items);
  }
  EXPECT_EQ(orders.size(), 24u);
}

}  // namespace
}  // namespace qmn
