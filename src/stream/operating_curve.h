// SPDX-License-Identifier: Apache-2.0
// stream/operating_curve.h   Recall and false accepts of one word at every threshold, as if it were the only one that can be heard.
#pragma once

#include "stream/match.h"

#include <vector>

namespace qmn {

/// [threshold - 1] for the thresholds 1 … OperatingPoint::kMostThreshold.
using OperatingCurve = std::vector<Tally>;

/// Sums of the last min(runs so far, smoothing_count) scores of one class, [run].
std::vector<int> smoothed_sums(const ScoredStream& stream, std::size_t word, int smoothing_count);

/// The same numbers as tally(decide()) with all other thresholds 0, at once for all thresholds.
OperatingCurve operating_curve(const ScoredStream& stream, std::size_t word, int smoothing_count, int rest_frames, double tolerance);

/// The best recall of a curve with at most so many false accepts an hour.
double recall_at(const OperatingCurve& curve, double false_accepts_per_hour, double hours);

}  // namespace qmn
