// SPDX-License-Identifier: Apache-2.0
#include "stream/match.h"

#include <algorithm>

namespace qmn {

Tally& Tally::operator+=(const Tally& other) {
  spoken += other.spoken;
  hits += other.hits;
  false_accepts += other.false_accepts;
  return *this;
}

void WordMatcher::hear(double seconds) {
  while (first_ < utterances_.size() && (is_taken_[first_] || utterances_[first_].end + tolerance_ < seconds)) ++first_;
  for (std::size_t i = first_; i < utterances_.size() && utterances_[i].start <= seconds; ++i) {
    if (is_taken_[i] || seconds > utterances_[i].end + tolerance_) continue;
    is_taken_[i] = true;
    ++hits_;
    return;
  }
  ++false_accepts_;
}

std::vector<std::vector<Utterance>> utterances_by_class(const ScoredStream& stream) {
  std::vector<std::vector<Utterance>> utterances(stream.class_count);
  for (const Utterance& spoken : stream.truth) utterances[static_cast<std::size_t>(spoken.word)].push_back(spoken);
  return utterances;
}

std::vector<Tally> tally(const ScoredStream& stream, const std::vector<Detection>& heard, double tolerance) {
  const std::vector<std::vector<Utterance>> utterances = utterances_by_class(stream);
  std::vector<WordMatcher> matchers;
  for (const auto& of_class : utterances) matchers.emplace_back(of_class, tolerance);
  for (const Detection& detection : heard) matchers[static_cast<std::size_t>(detection.word)].hear(end_of_frame(detection.frame, stream.front_end));
  std::vector<Tally> tallies;
  for (const WordMatcher& matcher : matchers) tallies.push_back(matcher.tally());
  return tallies;
}

Tally total(const std::vector<Tally>& tallies) {
  Tally sum;
  for (const Tally& tally : tallies) sum += tally;
  return sum;
}

}  // namespace qmn
