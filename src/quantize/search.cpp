// SPDX-License-Identifier: Apache-2.0
#include "quantize/search.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/random.h"
#include "quantize/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <set>
#include <string>

namespace qmn {
namespace {

Quantization legalized(const Graph& graph, Quantization wish) {
  legalize(graph, wish);
  return wish;
}

std::string key_of_parameters(const Graph& graph) {
  std::string bytes;
  for (const auto& [id, tensor] : graph.initializers) bytes.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size() * sizeof(float));
  return sha256_hex(bytes);
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

const char* objective_name(Objective objective) {
  switch (objective) {
    case Objective::kl: return "kl";
    case Objective::cross_entropy: return "cross_entropy";
    case Objective::accuracy: return "accuracy";
    case Objective::mix: return "mix";
  }
  QMN_CHECK(false, "every objective has a name");
}

double cost_of(Objective objective, const CalibrationScore& score) {
  constexpr double kTieBreak = 1e-3;  // below the weight of one clip in a thousand, as long as the KL stays below 1
  switch (objective) {
    case Objective::kl: return score.kl;
    case Objective::cross_entropy: return score.cross_entropy;
    case Objective::accuracy: return 1 - score.accuracy + kTieBreak * score.kl;
    case Objective::mix: return (score.kl + score.cross_entropy) / 2;
  }
  QMN_CHECK(false, "every objective has a cost");
}

RangeSearch::RangeSearch(const Setup& setup, Quantization wish)
    : graph_(setup.graph),
      graph_key_(key_of_parameters(graph_)),
      objective_(setup.objective),
      deadline_(setup.deadline),
      clip_count_(setup.clips.row_count()),
      has_classes_(setup.clips.outputs != OutputKind::values),
      divergence_(setup.clips.outputs, setup.reference, setup.clips.labels.size()),
      wish_(std::move(wish)),
      shipped_(legalized(graph_, wish_)),
      book_(setup.book != nullptr ? *setup.book : own_book_) {
  std::vector<std::size_t> order(setup.clips.labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random({order.size()}).shuffle(order);
  for (const std::size_t row : order) {
    const auto features = setup.clips.row(static_cast<std::int64_t>(row));
    const auto logits = std::span(setup.reference).subspan(row * divergence_.output_count(), divergence_.output_count());
    features_.insert(features_.end(), features.begin(), features.end());
    reference_.insert(reference_.end(), logits.begin(), logits.end());
    labels_.push_back(setup.clips.labels[row]);
  }
  const std::string key = key_of(shipped_);
  if (const ScoreBook::Entry* known = book_.find(key); known != nullptr && known->score) {
    score_ = *known->score;
  } else {
    bring_session_up_to_date();
    score_ = current_.mean();
    book_.add(key, {score_});
  }
}

CalibrationScore RangeSearch::evaluate(const Quantization& wish) {
  const Quantization target = legalized(graph_, wish);
  const std::string key = key_of(target);
  if (const ScoreBook::Entry* known = book_.find(key); known != nullptr && known->score) return *known->score;
  bring_session_up_to_date();
  ++evaluations_;
  const CalibrationScore score = score_clips(session_->try_quantization(target), 0).mean();
  book_.add(key, {score});
  return score;
}

bool RangeSearch::keep_if_better(const Quantization& wish, const std::string& what) {
  const Quantization target = legalized(graph_, wish);
  if (target == shipped_) return false;
  const std::string key = key_of(target), race_key = key + "/" + key_of(shipped_);
  if (book_.find(race_key) != nullptr) return false;  // abandoned against these very formats
  const ScoreBook::Entry* known = book_.find(key);
  if (known == nullptr) {
    bring_session_up_to_date();
    ++evaluations_;
    const std::int64_t race = clip_count_ > 2 * kRaceClips ? kRaceClips : clip_count_;
    ClipScores scores = score_clips(session_->try_quantization(target, 0, race), 0);
    if (race < clip_count_) {
      if (is_clearly_worse(scores)) {
        book_.add(race_key, {});
        return false;
      }
      const ClipScores rest = score_clips(session_->try_quantization(target, race, clip_count_ - race), race);
      scores.kl.insert(scores.kl.end(), rest.kl.begin(), rest.kl.end());
      scores.cross_entropy.insert(scores.cross_entropy.end(), rest.cross_entropy.begin(), rest.cross_entropy.end());
      scores.hit.insert(scores.hit.end(), rest.hit.begin(), rest.hit.end());
      scores.labeled += rest.labeled;
    }
    book_.add(key, {scores.mean()});
    known = book_.find(key);
  }
  const CalibrationScore score = *known->score;
  if (cost_of(objective_, score) >= cost() - kMinGain * std::fabs(cost())) return false;
  keep(wish, score, what);
  return true;
}

void RangeSearch::keep(const Quantization& wish, const CalibrationScore& score, const std::string& what) {
  wish_ = wish;
  shipped_ = legalized(graph_, wish);
  score_ = score;
  trace_.push_back({what, evaluations_, score});
}

void RangeSearch::bring_session_up_to_date() {
  if (session_ == nullptr) {
    session_ = engine().search_session(graph_, shipped_, features_, clip_count_);
  } else {
    if (session_->quantization() == shipped_) return;
    session_->commit(shipped_);
  }
  current_ = score_clips(session_->logits(), 0);
}

std::string RangeSearch::key_of(const Quantization& shipped) const {
  std::string text = graph_key_;
  for (const auto& [id, format] : shipped.formats) text += fmt::format("{}:{}.{} ", id, format.total_bits, format.frac_bits);
  for (const auto& [id, frac_bits] : shipped.channel_frac_bits) {
    for (const int bits : frac_bits) text += fmt::format("{}c{} ", id, bits);
  }
  for (const auto& [id, correction] : shipped.corrections) {
    text += fmt::format("{}+", id);
    text.append(reinterpret_cast<const char*>(correction.data()), correction.size() * sizeof(float));
  }
  return sha256_hex(text).substr(0, 24);
}

RangeSearch::ClipScores RangeSearch::score_clips(const std::vector<float>& logits, std::int64_t first) const {
  const std::size_t width = divergence_.output_count(), rows = logits.size() / width;
  ClipScores scores{std::vector<double>(rows), std::vector<double>(rows), std::vector<double>(rows)};
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t clip = static_cast<std::size_t>(first) + row;
    const auto reference = std::span(reference_).subspan(clip * width, width), other = std::span(logits).subspan(row * width, width);
    scores.kl[row] = divergence_.of_row(reference, other);
    if (!has_classes_ || labels_[clip] == kNoLabel) continue;
    ++scores.labeled;
    scores.cross_entropy[row] = cross_entropy(other, labels_[clip]);
    scores.hit[row] = top1(other, width).front() == labels_[clip] ? 1 : 0;
  }
  return scores;
}

CalibrationScore RangeSearch::ClipScores::mean() const {
  const auto labels = static_cast<double>(std::max<std::int64_t>(labeled, 1));
  return {.kl = sum(kl) / static_cast<double>(kl.size()), .accuracy = sum(hit) / labels, .cross_entropy = sum(cross_entropy) / labels};
}

bool RangeSearch::is_clearly_worse(const ClipScores& candidate) const {
  double total = 0, squares = 0;
  const std::size_t rows = candidate.kl.size();
  for (std::size_t row = 0; row < rows; ++row) {
    const auto cost = [&](const ClipScores& scores) { return cost_of(objective_, {.kl = scores.kl[row], .accuracy = scores.hit[row], .cross_entropy = scores.cross_entropy[row]}); };
    const double difference = cost(candidate) - cost(current_);
    total += difference;
    squares += difference * difference;
  }
  const double count = static_cast<double>(rows), mean_difference = total / count;
  const double standard_error = std::sqrt(std::max(0.0, squares / count - mean_difference * mean_difference) / count);
  return mean_difference > 2 * standard_error;
}

void set_format(Quantization& quantization, const TiedValues& values, QFormat format) {
  for (const ValueId value : values) quantization.set_format(value, format);
}

std::optional<Quantization> moved(const RangeSearch& search, const TiedValues& values, int bits) {
  QFormat format = search.shipped().formats.at(values.front());
  format.frac_bits += bits;
  if (std::abs(format.frac_bits) > kMaxFracBits) return std::nullopt;
  Quantization wish = search.wish();
  set_format(wish, values, format);
  return wish;
}

std::vector<TiedValues> free_activations(const Graph& graph, const std::map<ValueId, QFormat>& fixed) {
  std::vector<TiedValues> activations = activation_groups(graph);
  std::erase_if(activations, [&](const TiedValues& values) { return fixed.contains(values.front()); });
  return activations;
}

std::vector<TiedValues> search_order(const Graph& graph, const std::vector<TiedValues>& activations, const Quantization& quantization) {
  std::vector<TiedValues> order = activations;
  std::set<ValueId> placed;
  for (const WeightedLayer& layer : weighted_layers(graph)) {
    for (const ValueId parameter : {layer.weight, layer.bias}) {
      if (parameter == kNoValue || quantization.formats.at(parameter).total_bits != 8 || !placed.insert(parameter).second) continue;
      const auto written = std::find_if(order.begin(), order.end(), [&](const TiedValues& values) { return values.front() == layer.output; });
      order.insert(written, {parameter});
    }
  }
  return order;
}

}  // namespace qmn
