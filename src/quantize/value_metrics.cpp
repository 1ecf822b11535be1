// SPDX-License-Identifier: Apache-2.0
#include "quantize/value_metrics.h"

#include "base/check.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace qmn {

std::vector<double> squared_errors(std::span<const float> outputs, const FeatureSet& rows) {
  if (rows.labels.empty()) return {};
  const std::size_t width = outputs.size() / rows.labels.size();
  const bool reconstructs = rows.targets.empty() && width == static_cast<std::size_t>(rows.features_per_clip);
  if (rows.targets.empty() && !reconstructs) return {};
  const std::vector<float>& targets = reconstructs ? rows.features : rows.targets;
  QMN_CHECK(targets.size() == outputs.size(), "a target for each output");
  std::vector<double> errors;
  for (std::size_t at = 0; at < outputs.size(); at += width) errors.push_back(mean_squared_error(std::span(targets).subspan(at, width), outputs.subspan(at, width)));
  return errors;
}

double mean_squared_error(std::span<const float> reference, std::span<const float> other) {
  QMN_CHECK(reference.size() == other.size(), "the same numbers on both sides");
  double sum = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double error = static_cast<double>(other[i]) - static_cast<double>(reference[i]);
    sum += error * error;
  }
  return reference.empty() ? 0 : sum / static_cast<double>(reference.size());
}

std::optional<double> area_under_curve(std::span<const double> scores, const std::vector<bool>& is_positive) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return scores[i]; });
  double positives = 0, negatives = 0, wins = 0;
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    double tied_positives = 0, tied_negatives = 0;
    for (; last < order.size() && scores[order[last]] == scores[order[first]]; ++last) (is_positive[order[last]] ? tied_positives : tied_negatives) += 1;
    wins += tied_positives * (negatives + tied_negatives / 2);
    positives += tied_positives;
    negatives += tied_negatives;
  }
  if (positives == 0 || negatives == 0) return std::nullopt;
  return wins / (positives * negatives);
}

std::optional<double> anomaly_auc(std::span<const float> outputs, const FeatureSet& rows) {
  std::vector<double> row_scores = squared_errors(outputs, rows);
  if (row_scores.empty()) {
    if (outputs.size() != rows.labels.size()) return std::nullopt;
    row_scores.assign(outputs.begin(), outputs.end());
  }
  struct Clip {
    double sum = 0, count = 0;
    bool is_anomaly = false;
  };
  std::map<int, Clip> clips;
  for (std::size_t row = 0; row < row_scores.size(); ++row) {
    if (rows.labels[row] == kNoLabel) continue;
    Clip& clip = clips[rows.clip_ids[row]];
    clip.sum += row_scores[row];
    clip.count += 1;
    clip.is_anomaly = rows.labels[row] == 1;
  }
  std::vector<double> scores;
  std::vector<bool> is_anomaly;
  for (const auto& [id, clip] : clips) {
    scores.push_back(clip.sum / clip.count);
    is_anomaly.push_back(clip.is_anomaly);
  }
  return area_under_curve(scores, is_anomaly);
}

}  // namespace qmn
