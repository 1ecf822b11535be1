// SPDX-License-Identifier: Apache-2.0
#include "stream/operating_curve.h"

#include <algorithm>
#include <cstdint>

namespace qmn {

std::vector<int> smoothed_sums(const ScoredStream& stream, std::size_t word, int smoothing_count) {
  const auto window = static_cast<std::size_t>(smoothing_count);
  std::vector<int> sums;
  int sum = 0;
  for (std::size_t run = 0; run < stream.run_count(); ++run) {
    sum += stream.scores[run * stream.class_count + word];
    if (run >= window) sum -= stream.scores[(run - window) * stream.class_count + word];
    sums.push_back(sum);
  }
  return sums;
}

OperatingCurve operating_curve(const ScoredStream& stream, std::size_t word, int smoothing_count, int rest_frames, double tolerance) {
  const std::vector<int> sums = smoothed_sums(stream, word, smoothing_count);
  std::vector<Utterance> utterances;
  std::ranges::copy_if(stream.truth, std::back_inserter(utterances), [&](const Utterance& spoken) { return spoken.word == static_cast<int>(word); });
  OperatingCurve curve;
  for (int threshold = 1; threshold <= OperatingPoint::kMostThreshold; ++threshold) {
    WordMatcher matcher(utterances, tolerance);
    std::int64_t resting_until = -1;  // the last frame of rest
    for (std::size_t run = 0; run < sums.size(); ++run) {
      const int count = std::min(static_cast<int>(run) + 1, smoothing_count);
      if (sums[run] < threshold * count || stream.frames[run] <= resting_until) continue;
      resting_until = static_cast<std::int64_t>(stream.frames[run]) + rest_frames;
      matcher.hear(end_of_frame(stream.frames[run], stream.front_end));
    }
    curve.push_back(matcher.tally());
  }
  return curve;
}

double recall_at(const OperatingCurve& curve, double false_accepts_per_hour, double hours) {
  double best = 0;
  for (const Tally& tally : curve) {
    if (tally.false_accepts <= false_accepts_per_hour * hours) best = std::max(best, tally.recall());
  }
  return best;
}

}  // namespace qmn
