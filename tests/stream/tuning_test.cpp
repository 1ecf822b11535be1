// SPDX-License-Identifier: Apache-2.0
// Matching, curves and the choice of settings, on scores whose detections, hits and false accepts are counted by hand, and against brute force.
#include "stream/choose_point.h"
#include "stream/curve_svg.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace qmn {
namespace {

/// Frame f ends at f + 1 seconds; the network runs behind each.
ScoredStream by_hand(const std::vector<int>& scores, std::vector<Utterance> truth) {
  ScoredStream stream;
  stream.front_end.sample_rate_hz = 1000;
  stream.front_end.window_samples = stream.front_end.hop_samples = 1000;
  stream.class_count = 1;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    stream.frames.push_back(static_cast<std::uint32_t>(i));
    stream.scores.push_back(static_cast<std::int8_t>(scores[i]));
  }
  stream.truth = std::move(truth);
  stream.seconds = static_cast<double>(scores.size());
  return stream;
}

constexpr double kTolerance = 0.5;

//                            at second:   1   2   3   4   5   6   7    8    9  10
const ScoredStream kStream = by_hand({10, 80, 90, 20, 60, 60, 0, 100, 100, 30}, {{0, 1.2, 2.5}, {0, 7.5, 8.2}});

std::vector<std::uint32_t> frames_heard(const OperatingPoint& point) {
  std::vector<std::uint32_t> frames;
  for (const Detection& detection : decide(kStream, point)) frames.push_back(detection.frame);
  return frames;
}

TEST(Decide, HearsWhatOneCountsByHand) {
  using Frames = std::vector<std::uint32_t>;
  EXPECT_EQ(frames_heard({1, 1, 1, {60}}), (Frames{1, 4, 7}));        // 3, 6 and 9 s rest
  EXPECT_EQ(frames_heard({1, 1, 0, {60}}), (Frames{1, 2, 4, 5, 7, 8}));
  EXPECT_EQ(frames_heard({1, 1, 6, {60}}), (Frames{1, 8}));           // 3 … 8 s rest
  EXPECT_EQ(frames_heard({1, 2, 0, {75}}), (Frames{2, 8}));           // means 10 45 85 55 40 60 30 50 100 65
  EXPECT_EQ(frames_heard({1, 1, 0, {0}}), Frames{});
}

TEST(OperatingCurve, CountsHitsAndFalseAcceptsAsByHand) {
  const OperatingCurve single = operating_curve(kStream, 0, 1, 1, kTolerance);
  EXPECT_EQ(single[10 - 1], (Tally{2, 2, 3}));   // 1 s is too early, 3 s a hit at its last moment, 5 s and 10 s false, 8 s a hit
  EXPECT_EQ(single[60 - 1], (Tally{2, 2, 1}));   // 2 s and 8 s, 5 s false
  EXPECT_EQ(single[90 - 1], (Tally{2, 2, 0}));
  EXPECT_EQ(single[100 - 1], (Tally{2, 1, 0}));
  EXPECT_EQ(single[101 - 1], (Tally{2, 0, 0}));
  EXPECT_EQ(operating_curve(kStream, 0, 2, 0, kTolerance)[75 - 1], (Tally{2, 1, 1}));  // 9 s is 0.3 s too late
  EXPECT_EQ(operating_curve(kStream, 0, 1, 0, kTolerance)[61 - 1], (Tally{2, 2, 2}));  // 3 s and 9 s hear the same utterances again
  EXPECT_DOUBLE_EQ(recall_at(single, 0, 1), 1.0);
  const OperatingCurve smoothed = operating_curve(kStream, 0, 2, 0, kTolerance);
  EXPECT_DOUBLE_EQ(recall_at(smoothed, 0, 1), 0);  // whatever hears 3 s hears 9 s
  EXPECT_DOUBLE_EQ(recall_at(smoothed, 1, 1), 0.5);
}

TEST(Tally, AnotherWordIsAFalseAcceptAndOverlapsAreMatchedOneToOne) {
  ScoredStream stream = by_hand(std::vector<int>(20, 0), {{0, 1, 3}, {0, 2, 4}, {1, 6, 7}});
  stream.class_count = 2;
  const auto heard = [](std::initializer_list<std::pair<int, std::uint32_t>> words) {
    std::vector<Detection> detections;
    for (const auto& [word, second] : words) detections.push_back({word, 100, second - 1});
    return detections;
  };
  using Tallies = std::vector<Tally>;
  EXPECT_EQ(tally(stream, heard({{0, 3}, {0, 4}}), 0), (Tallies{{2, 2, 0}, {1, 0, 0}}));  // the first waits until 3 s, the second until 4 s
  EXPECT_EQ(tally(stream, heard({{0, 2}, {0, 3}, {0, 4}}), 0), (Tallies{{2, 2, 1}, {1, 0, 0}}));
  EXPECT_EQ(tally(stream, heard({{1, 3}, {0, 6}, {1, 7}}), 0), (Tallies{{2, 0, 1}, {1, 1, 1}}));
  EXPECT_EQ(total(tally(stream, heard({{1, 3}, {0, 6}, {1, 7}}), 0)), (Tally{3, 1, 2}));
}

TEST(OperatingCurve, EqualsTheDecisionWithOneWord) {
  Random random({11});
  ScoredStream stream = by_hand({}, {});
  stream.class_count = 3;
  stream.interval_frames = 4;
  for (std::uint32_t run = 0; run < 300; ++run) {
    stream.frames.push_back(40 + 4 * run);
    for (int word = 0; word < 3; ++word) stream.scores.push_back(static_cast<std::int8_t>(random.uniform_int(128)));
  }
  for (int i = 0; i < 60; ++i) {
    const double start = random.uniform(0, 1200);
    stream.truth.push_back({static_cast<int>(random.uniform_int(3)), start, start + random.uniform(0, 30)});
  }
  std::ranges::sort(stream.truth, {}, &Utterance::start);
  stream.seconds = 1300;
  for (const auto& [smoothing, rest] : {std::pair{1, 0}, {3, 9}, {5, 4}, {2, 40}}) {
    for (std::size_t word = 0; word < 3; ++word) {
      const OperatingCurve curve = operating_curve(stream, word, smoothing, rest, 2);
      for (int threshold = 1; threshold <= 127; threshold += 3) {
        OperatingPoint point{4, smoothing, rest, {0, 0, 0}};
        point.thresholds[word] = static_cast<std::uint8_t>(threshold);
        ASSERT_EQ(curve[static_cast<std::size_t>(threshold) - 1], tally(stream, decide(stream, point), 2)[word]) << "word " << word << " threshold " << threshold;
      }
    }
  }
}

TEST(ChooseThresholds, HearAsMuchAsTheBestOfAllCombinations) {
  Random random({12});
  for (int round = 0; round < 200; ++round) {
    std::vector<OperatingCurve> curves(3);
    for (OperatingCurve& curve : curves) {
      for (int i = 0; i < 5; ++i) curve.push_back({10, static_cast<int>(random.uniform_int(11)), static_cast<int>(random.uniform_int(6))});
    }
    for (int budget = 0; budget < 16; ++budget) {
      int best = -1, least = 1000;
      for (const Tally& a : curves[0]) {
        for (const Tally& b : curves[1]) {
          for (const Tally& c : curves[2]) {
            const int false_accepts = a.false_accepts + b.false_accepts + c.false_accepts, hits = a.hits + b.hits + c.hits;
            least = std::min(least, false_accepts);
            if (false_accepts <= budget) best = std::max(best, hits);
          }
        }
      }
      Tally sum;
      const std::vector<int> thresholds = choose_thresholds(curves, budget);
      for (std::size_t word = 0; word < 3; ++word) sum += curves[word][static_cast<std::size_t>(thresholds[word]) - 1];
      if (best >= 0) {
        ASSERT_EQ(sum.hits, best);
        ASSERT_LE(sum.false_accepts, budget);
      } else {
        ASSERT_EQ(sum.false_accepts, least);
      }
    }
  }
}

TEST(ChoosePoint, TakesThePairThatHearsMostAndTheMiddleOfEqualThresholds) {
  const PointSearch search{.interval_frames = 1, .smoothing_counts = {1, 2}, .rest_frames = {0, 1}, .false_accepts_per_hour = 0, .tolerance = kTolerance};
  const ChosenPoint chosen = choose_point(kStream, {0}, search);
  EXPECT_TRUE(chosen.is_within_target);
  EXPECT_EQ(chosen.point, (OperatingPoint{1, 1, 1, {76}}));  // a rest of one frame hears both, with any threshold from 61 to 90
  EXPECT_EQ(chosen.tallies, (std::vector<Tally>{{2, 2, 0}}));
}

TEST(ChoosePoint, SaysWhenTheTargetIsOutOfReach) {
  const ScoredStream loud = by_hand({127, 127, 127, 127}, {{0, 1.5, 2}});
  const ChosenPoint chosen = choose_point(loud, {0}, {.interval_frames = 1, .smoothing_counts = {1}, .rest_frames = {0, 2}, .false_accepts_per_hour = 0, .tolerance = 0});
  EXPECT_FALSE(chosen.is_within_target);
  EXPECT_EQ(chosen.point.rest_frames, 2);  // heard at 1 s and 4 s, both false
  EXPECT_EQ(chosen.tallies, (std::vector<Tally>{{1, 0, 2}}));
}

TEST(HalfOf, SplitsRunsAndWordsInTheMiddle) {
  const ScoredStream first = half_of(kStream, false), second = half_of(kStream, true);
  EXPECT_EQ(first.frames, (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));  // the fifth ends at 5 of 10 s
  EXPECT_EQ(second.scores, (std::vector<std::int8_t>{60, 0, 100, 100, 30}));
  EXPECT_EQ(first.truth.size(), 1U);
  EXPECT_DOUBLE_EQ(second.truth.at(0).start, 7.5);
  EXPECT_DOUBLE_EQ(second.seconds, 5);
}

TEST(CurvesSvg, HoldsALineAndAPointForEachWord) {
  const std::string svg = curves_svg({{"<yes>", operating_curve(kStream, 0, 1, 1, kTolerance), 76}, {"no", operating_curve(kStream, 0, 2, 0, kTolerance), 0}}, 1, 20, "a & b");
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
  EXPECT_NE(svg.find("&lt;yes&gt; 100.0 %"), std::string::npos);
  EXPECT_NE(svg.find("a &amp; b"), std::string::npos);
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = svg.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("<circle"), 1U);
  EXPECT_EQ(count("stroke-width=\"2\""), 2U);
}

}  // namespace
}  // namespace qmn
