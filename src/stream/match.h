// SPDX-License-Identifier: Apache-2.0
// stream/match.h   What was heard against what was said.
//
// A detection of a word at time t (the end of the last frame that the network saw) matches an utterance of that word when
// start <= t <= end + tolerance. Each utterance is matched by at most one detection and each detection matches at most one utterance, in the
// order of time: the first that still waits. Every other detection is a false accept: of a word that was not said, of another word, or
// of the same utterance again. (TensorFlow's test_streaming_accuracy for Speech Commands, in accuracy_utils.cc, takes the first utterance
// within a tolerance on either side of its time, and counts wrong words apart from false positives.)
//   recall = matched utterances / utterances      false accepts an hour = false accepts / hours of the whole recording
#pragma once

#include "stream/scored_stream.h"

#include <span>
#include <vector>

namespace qmn {

inline constexpr double kUsualToleranceSeconds = 0.75;  ///< a window of 1 s holds a word of 0.25 s so long after its end

/// Of one word.
struct Tally {
  int spoken = 0, hits = 0, false_accepts = 0;
  double recall() const { return spoken == 0 ? 0 : static_cast<double>(hits) / spoken; }
  Tally& operator+=(const Tally& other);
  friend bool operator==(const Tally&, const Tally&) = default;
};

/// Matches detections as they come; of one word.
class WordMatcher {
 public:
  /// Keeps a reference to the utterances, which are in the order of their starts.
  WordMatcher(std::span<const Utterance> utterances, double tolerance) : utterances_(utterances), is_taken_(utterances.size()), tolerance_(tolerance) {}
  void hear(double seconds);  ///< in the order of time
  Tally tally() const { return {.spoken = static_cast<int>(utterances_.size()), .hits = hits_, .false_accepts = false_accepts_}; }

 private:
  std::span<const Utterance> utterances_;
  std::vector<bool> is_taken_;
  std::size_t first_ = 0;  // earlier ones are over
  double tolerance_;
  int hits_ = 0, false_accepts_ = 0;
};

/// The utterances of each class.
std::vector<std::vector<Utterance>> utterances_by_class(const ScoredStream& stream);

/// [class]
std::vector<Tally> tally(const ScoredStream& stream, const std::vector<Detection>& heard, double tolerance);
Tally total(const std::vector<Tally>& tallies);

}  // namespace qmn
