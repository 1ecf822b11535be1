// SPDX-License-Identifier: Apache-2.0
// Errors of the integer front end in steps of the input's format: by hand, and on real clips.
#include "quantize/feature_error.h"

#include "data/dataset.h"
#include "data/features.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace qmn {
namespace {

TEST(FeatureErrors, CountStepsBetweenRoundedAndSaturatedValues) {
  FeatureSet clips;
  clips.features = {0.24f, 0.26f, -0.25f, 100.0f, 3.9f, -4.0f};  // in halves: 0, 1, 0 (ties up), 127, 8, -8
  clips.device_features = {0.25f, 0.26f, -0.26f, 90.0f, 2.9f, -3.0f};  // 1, 1, -1, 127, 6, -6
  const FeatureErrors errors = feature_errors(clips, {8, 1});
  EXPECT_EQ(errors.counts, (std::map<std::int64_t, std::int64_t>{{-2, 1}, {-1, 1}, {0, 2}, {1, 1}, {2, 1}}));
  EXPECT_EQ(errors.feature_count, 6);
  EXPECT_EQ(errors.count_within(0), 2);
  EXPECT_EQ(errors.count_within(1), 4);
  EXPECT_EQ(errors.count_within(2), 6);
}

TEST(FeatureErrors, OfRealClipsAreWithinOneStepFor99InAHundred) {
  const char* folder = std::getenv("QMN_SPEECH_COMMANDS");
  if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "QMN_SPEECH_COMMANDS names no data set";
  FrontEndSettings front_end;
  front_end.coefficient_shifts = {7, 4, 4, 4, 3, 3, 3, 3, 3, 2};
  const FeatureSet clips = load_features(open_dataset({.folder = folder}), Split::testing, front_end, {.limit = 100, .uses_cache = false, .has_device_features = true, .is_quiet = true});
  for (const int frac_bits : {5, 6}) {
    const FeatureErrors errors = feature_errors(clips, {8, frac_bits});
    EXPECT_EQ(errors.feature_count, 100 * 490);
    EXPECT_GE(static_cast<double>(errors.count_within(1)), 0.99 * static_cast<double>(errors.feature_count)) << frac_bits << " fractional bits";
  }
}

}  // namespace
}  // namespace qmn
