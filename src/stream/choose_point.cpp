// SPDX-License-Identifier: Apache-2.0
#include "stream/choose_point.h"

#include "base/check.h"
#include "base/parallel.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

namespace qmn {
namespace {

/// What a word can be had for: so many hits for so many false accepts.
struct Offer {
  int false_accepts = 0, hits = 0, threshold = 0;
};

/// The best offer for each number of false accepts, by rising number, each with more hits than the one before.
std::vector<Offer> offers_of(const OperatingCurve& curve) {
  std::map<std::pair<int, int>, std::vector<int>> thresholds;  // by false accepts, then by falling hits
  for (std::size_t i = 0; i < curve.size(); ++i) thresholds[{curve[i].false_accepts, -curve[i].hits}].push_back(static_cast<int>(i) + 1);
  std::vector<Offer> offers;
  for (const auto& [key, equals] : thresholds) {
    const Offer offer{.false_accepts = key.first, .hits = -key.second, .threshold = equals[equals.size() / 2]};
    if (offers.empty() || offer.hits > offers.back().hits) offers.push_back(offer);
  }
  return offers;
}

struct Candidate {
  ChosenPoint chosen;
  Tally sum;
};

bool is_better(const Candidate& a, const Candidate& b) {
  if (a.chosen.is_within_target != b.chosen.is_within_target) return a.chosen.is_within_target;
  if (!a.chosen.is_within_target) return std::tuple(-a.sum.false_accepts, a.sum.hits) > std::tuple(-b.sum.false_accepts, b.sum.hits);
  return std::tuple(a.sum.hits, -a.sum.false_accepts) > std::tuple(b.sum.hits, -b.sum.false_accepts);
}

Candidate try_pair(const ScoredStream& stream, const std::vector<std::size_t>& words, const PointSearch& search, int smoothing_count, int rest_frames) {
  std::vector<OperatingCurve> curves;
  for (const std::size_t word : words) curves.push_back(operating_curve(stream, word, smoothing_count, rest_frames, search.tolerance));
  const int target = static_cast<int>(std::floor(search.false_accepts_per_hour * stream.hours() + 1e-9));
  Candidate best;
  for (int budget = target; budget >= 0; --budget) {
    Candidate candidate;
    candidate.chosen.point = {.interval_frames = search.interval_frames, .smoothing_count = smoothing_count, .rest_frames = rest_frames, .thresholds = std::vector<std::uint8_t>(stream.class_count)};
    const std::vector<int> thresholds = choose_thresholds(curves, budget);
    for (std::size_t i = 0; i < words.size(); ++i) candidate.chosen.point.thresholds[words[i]] = static_cast<std::uint8_t>(thresholds[i]);
    candidate.chosen.tallies = tally(stream, decide(stream, candidate.chosen.point), search.tolerance);
    candidate.sum = total(candidate.chosen.tallies);
    candidate.chosen.is_within_target = candidate.sum.false_accepts <= target;
    if (budget == target || is_better(candidate, best)) best = std::move(candidate);
    if (best.chosen.is_within_target) break;
  }
  return best;
}

}  // namespace

std::vector<int> choose_thresholds(const std::vector<OperatingCurve>& curves, int budget) {
  std::vector<std::vector<Offer>> offers;
  int least = 0, most = 0;
  for (const OperatingCurve& curve : curves) {
    offers.push_back(offers_of(curve));
    least += offers.back().front().false_accepts;
    most += offers.back().back().false_accepts;
  }
  budget = std::clamp(budget, least, most);
  // hits[b]: the most of the words so far with exactly or at most b false accepts; taken[w][b]: the offer of word w in it.
  const auto size = static_cast<std::size_t>(budget) + 1;
  constexpr int kNever = -1;
  std::vector<int> hits(size, 0);
  std::vector<std::vector<int>> taken;
  for (const std::vector<Offer>& of_word : offers) {
    std::vector<int> next(size, kNever), choice(size, kNever);
    for (std::size_t b = 0; b < size; ++b) {
      for (std::size_t i = 0; i < of_word.size() && of_word[i].false_accepts <= static_cast<int>(b); ++i) {
        const int before = hits[b - static_cast<std::size_t>(of_word[i].false_accepts)];
        if (before == kNever || before + of_word[i].hits <= next[b]) continue;
        next[b] = before + of_word[i].hits;
        choice[b] = static_cast<int>(i);
      }
    }
    hits = std::move(next);
    taken.push_back(std::move(choice));
  }
  std::vector<int> thresholds(curves.size());
  auto left = static_cast<std::size_t>(budget);
  for (std::size_t word = curves.size(); word-- > 0;) {
    const int choice = taken[word][left];
    QMN_CHECK(choice != kNever, "the budget pays for the cheapest offers");
    const Offer& offer = offers[word][static_cast<std::size_t>(choice)];
    thresholds[word] = offer.threshold;
    left -= static_cast<std::size_t>(offer.false_accepts);
  }
  return thresholds;
}

ChosenPoint choose_point(const ScoredStream& stream, const std::vector<std::size_t>& words, const PointSearch& search, const std::function<void(std::size_t pairs)>& observe) {
  const std::size_t rests = search.rest_frames.size(), pairs = search.smoothing_counts.size() * rests;
  QMN_CHECK(pairs > 0 && !words.empty(), "there is something to try");
  std::vector<Candidate> candidates(pairs);
  std::mutex mutex;
  std::size_t done = 0;
  parallel_for(pairs, [&](std::size_t i) {
    candidates[i] = try_pair(stream, words, search, search.smoothing_counts[i / rests], search.rest_frames[i % rests]);
    const std::lock_guard lock(mutex);
    if (observe) observe(++done);
  });
  std::size_t best = 0;
  for (std::size_t i = 1; i < pairs; ++i) {
    if (is_better(candidates[i], candidates[best])) best = i;
  }
  return candidates[best].chosen;
}

}  // namespace qmn
