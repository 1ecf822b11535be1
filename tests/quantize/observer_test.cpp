// SPDX-License-Identifier: Apache-2.0
#include "nets.h"
#include "quantize/observer.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <limits>

namespace qmn {
namespace {

/// Three clips of two frames of two values; frame 1 of clip 0 and all of clip 2 are digital silence.
FeatureSet three_clips() {
  FeatureSet set;
  set.features_per_clip = 4;
  set.features = {1, -2, -240, 3, /**/ 0.5f, 7, -6, 1, /**/ -247, 3, -247, 3};
  set.labels = {0, 1, 0};
  set.silent_frames = {0, 1, 0, 0, 1, 1};
  return set;
}

struct Observed {
  Graph graph = testing::dense_net({4, 3}, 1);
  FeatureSet set = three_clips();
  CalibrationMask mask;
  RangeObserver observer{graph, mask};
  explicit Observed(bool keeps_silent_frames, FeatureSet features = three_clips()) : set(std::move(features)), mask(graph, set, keeps_silent_frames) {
    const std::vector<float> logits{1, 2, 3, /**/ -1, 0, 1, /**/ -90, 0, 90};
    for (std::int64_t clip = 0; clip < 3; ++clip) {
      observer.observe(graph.input, set.row(clip), clip, 1);
      observer.observe(graph.output, std::span(logits).subspan(static_cast<std::size_t>(clip) * 3, 3), clip, 1);
    }
  }
};

TEST(RangeObserver, LeavesSilentFramesOutOfTheInputAndSilentClipsOutOfEverything) {
  const Observed seen(false);
  EXPECT_EQ(seen.observer.range(seen.graph.input).min, -6);
  EXPECT_EQ(seen.observer.range(seen.graph.input).max, 7);
  EXPECT_EQ(seen.observer.range(seen.graph.input).count, 6);
  EXPECT_EQ(seen.observer.range(seen.graph.output).min, -1);
  EXPECT_EQ(seen.observer.range(seen.graph.output).max, 3);
  EXPECT_EQ(seen.observer.silent_input_range().min, -247);
  EXPECT_EQ(seen.mask.silent_frame_count(), 3);
  EXPECT_EQ(seen.mask.silent_clip_count(), 1);
}

TEST(RangeObserver, KeepsThemOnRequest) {
  const Observed seen(true);
  EXPECT_EQ(seen.observer.range(seen.graph.input).min, -247);
  EXPECT_EQ(seen.observer.range(seen.graph.output).max, 90);
  EXPECT_EQ(seen.mask.silent_frame_count(), 0);
}

TEST(RangeObserver, SilenceAloneIsItsOwnRange) {
  FeatureSet set = three_clips();
  set.silent_frames.assign(6, 1);
  const Observed seen(false, set);
  EXPECT_EQ(seen.observer.range(seen.graph.input).min, -247);
}

TEST(RangeObserver, NamesTheClipAndTheChannelThatDriveARange) {
  const Observed seen(false);
  const ObservedRange& input = seen.observer.range(seen.graph.input);  // one channel: the last axis counts
  EXPECT_EQ(input.largest.value, 7);
  EXPECT_EQ(input.largest.clip, 1);
  EXPECT_EQ(input.largest.channel, 1u);
  EXPECT_EQ(input.channel_max_abs, (std::vector<float>{1, 7, 6, 1}));
  const ObservedRange& logits = seen.observer.range(seen.graph.output);
  EXPECT_EQ(logits.largest.clip, 0);
  EXPECT_EQ(logits.largest.channel, 2u);
  EXPECT_EQ(logits.channel_max_abs, (std::vector<float>{1, 2, 3}));
  EXPECT_DOUBLE_EQ(logits.average_max_abs, 2) << "of 3 and 1";
}

TEST(ChannelLayout, IsDimensionOneOrTheLast) {
  EXPECT_EQ(channel_layout({1, 8, 5, 3}).count, 8u);
  EXPECT_EQ(channel_layout({1, 8, 5, 3}).channel_of(2 * 15 + 14), 2u);
  EXPECT_EQ(channel_layout({1, 1, 49, 10}).count, 10u);
  EXPECT_EQ(channel_layout({1, 1, 49, 10}).channel_of(123), 3u);
  EXPECT_EQ(channel_layout({1, 12}).channel_of(7), 7u);
}

TEST(RangeObserver, SaturatingShareCountsValuesOutsideTheFormat) {
  ObservedRange range;
  range.add(std::vector<float>{0, 0.25f, -0.5f, 1, -3, 3.99f, 4, -100});
  EXPECT_DOUBLE_EQ(range.saturating_share({8, 5}), 2.0 / 8);   // Q2.5: [-4, 4)
  EXPECT_DOUBLE_EQ(range.saturating_share({8, 8}), 6.0 / 8);   // [-0.5, 0.5)
  EXPECT_DOUBLE_EQ(range.saturating_share({8, 0}), 0);         // Q7.0: [-128, 128)
}

TEST(RangeObserver, NamesAValueThatIsNotFinite) {
  Observed seen(false);
  const std::vector<float> broken{1, std::numeric_limits<float>::quiet_NaN(), 0};
  try {
    seen.observer.observe(seen.graph.output, broken, 0, 1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("fc1"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace qmn
