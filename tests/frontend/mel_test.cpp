// SPDX-License-Identifier: Apache-2.0
#include "frontend/mel.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

/// The sum of the weights that each bin gives to all bands.
std::vector<double> given_by_bin(const std::vector<MelBand>& bands, int bin_count) {
  std::vector<double> sums(static_cast<std::size_t>(bin_count), 0.0);
  for (const MelBand& band : bands) {
    for (std::size_t i = 0; i < band.weights.size(); ++i) {
      EXPECT_GE(band.weights[i], 0.0);
      EXPECT_LE(band.weights[i], 1.0);
      sums[static_cast<std::size_t>(band.first_bin) + i] += band.weights[i];
    }
  }
  return sums;
}

TEST(MelBands, ABinBetweenTheFirstAndTheLastCenterGivesOneInAll) {
  const auto bands = mel_bands(513, 16000, 20, 4000, 40);
  const auto sums = given_by_bin(bands, 513);
  int whole = 0;
  for (int bin = 6; bin <= 230; ++bin) {  // the first center lies at 57 Hz, the last one at 3740 Hz
    EXPECT_NEAR(sums[static_cast<std::size_t>(bin)], 1.0, 1e-12) << bin;
    ++whole;
  }
  EXPECT_EQ(whole, 225);
}

TEST(MelBands, DcAndBinsOutsideOfTheLimitsGiveNothing) {
  const auto sums = given_by_bin(mel_bands(513, 16000, 20, 4000, 40), 513);
  EXPECT_EQ(sums[0], 0.0);
  EXPECT_EQ(sums[1], 0.0);  // 15.6 Hz
  EXPECT_GT(sums[2], 0.0);
  EXPECT_GT(sums[255], 0.0);
  for (std::size_t bin = 257; bin < 513; ++bin) EXPECT_EQ(sums[bin], 0.0) << bin;
  EXPECT_EQ(given_by_bin(mel_bands(513, 16000, 0, 8000, 40), 513)[0], 0.0);
}

TEST(MelBands, RiseToTheirCenterAndFallBehindIt) {
  for (const MelBand& band : mel_bands(513, 16000, 20, 4000, 40)) {
    ASSERT_FALSE(band.weights.empty());
    std::size_t i = 1;
    while (i < band.weights.size() && band.weights[i] > band.weights[i - 1]) ++i;
    while (i < band.weights.size() && band.weights[i] < band.weights[i - 1]) ++i;
    EXPECT_EQ(i, band.weights.size());
  }
}

TEST(MelBands, ABandNarrowerThanABinIsEmpty) {
  bool has_empty = false;
  for (const MelBand& band : mel_bands(33, 16000, 20, 4000, 40)) has_empty |= band.weights.empty();
  EXPECT_TRUE(has_empty);
}

}  // namespace
}  // namespace qmn
