// SPDX-License-Identifier: Apache-2.0
// stream/choose_point.h   The settings that hear most under a number of false accepts.
//
// For each pair of smoothing and rest: the curve of each word (stream/operating_curve.h); then, exactly, the thresholds with the most hits whose
// false accepts together stay within the number (a knapsack, one choice a word, by dynamic programming); then the decision itself
// (decide) with all words at once, where words compete and share one rest, and again with a smaller number while that hears too much.
// The pair with the most hits wins; of equals the one with fewer false accepts, then the earlier one. Among thresholds of equal hits and
// false accepts of a word, the middle one is taken.
#pragma once

#include "stream/operating_curve.h"

#include <functional>
#include <vector>

namespace qmn {

struct PointSearch {
  int interval_frames = 1;
  std::vector<int> smoothing_counts;      ///< to try
  std::vector<int> rest_frames;           ///< to try
  double false_accepts_per_hour = 1;      ///< of all words together
  double tolerance = kUsualToleranceSeconds;
};

struct ChosenPoint {
  OperatingPoint point;
  std::vector<Tally> tallies;     ///< [class], of the decision on the stream that chose
  bool is_within_target = false;  ///< else it is the point of the fewest false accepts that was found
};

/// `words` are the classes that can be heard. `observe` sees how many pairs were tried. Pre: something to try.
ChosenPoint choose_point(const ScoredStream& stream, const std::vector<std::size_t>& words, const PointSearch& search, const std::function<void(std::size_t pairs)>& observe = {});

/// [word] the threshold of each curve: the most hits in all with at most `budget` false accepts in all; where that cannot be, each with its fewest.
std::vector<int> choose_thresholds(const std::vector<OperatingCurve>& curves, int budget);

}  // namespace qmn
