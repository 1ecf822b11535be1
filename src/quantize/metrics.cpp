// SPDX-License-Identifier: Apache-2.0
#include "quantize/metrics.h"

#include "base/check.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace qmn {
namespace {

constexpr int kResamples = 2000;
constexpr std::uint64_t kBootstrapSeed = 20150;

std::size_t row_count(std::span<const float> logits, std::size_t class_count) {
  QMN_CHECK(class_count > 0 && logits.size() % class_count == 0, "logits are rows of class_count");
  return logits.size() / class_count;
}

/// log(sum(exp(row))), shifted by the maximum so that nothing overflows.
double log_sum_exp(std::span<const float> row) {
  const double largest = *std::ranges::max_element(row);
  double sum = 0;
  for (const float logit : row) sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

/// The rows of one clip, and the sum of what is averaged over them.
struct Cluster {
  double rows = 0, sum = 0;
  void add(double value) {
    rows += 1;
    sum += value;
  }
};

/// The middle 95 % of the mean over rows when whole clips are drawn with replacement.
Interval bootstrap(const std::map<int, Cluster>& by_clip) {
  if (by_clip.empty()) return {};
  std::vector<Cluster> clusters;
  for (const auto& [clip, cluster] : by_clip) clusters.push_back(cluster);
  Random random({kBootstrapSeed, clusters.size()});
  std::vector<double> means(kResamples);
  for (double& mean : means) {
    Cluster drawn;
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      const Cluster& cluster = clusters[random.uniform_int(clusters.size())];
      drawn.rows += cluster.rows;
      drawn.sum += cluster.sum;
    }
    mean = drawn.sum / drawn.rows;
  }
  std::ranges::sort(means);
  return {means[static_cast<std::size_t>(kResamples * 0.025)], means[static_cast<std::size_t>(kResamples * 0.975) - 1]};
}

}  // namespace

std::int64_t ConfusionMatrix::total() const { return std::accumulate(counts.begin(), counts.end(), std::int64_t{0}); }

std::int64_t ConfusionMatrix::hits() const {
  std::int64_t sum = 0;
  for (std::size_t label = 0; label < labels.size(); ++label) sum += counts[label * labels.size() + label];
  return sum;
}

double ConfusionMatrix::accuracy() const { return total() == 0 ? 0 : static_cast<double>(hits()) / static_cast<double>(total()); }

ConfusionMatrix confusion(std::span<const float> logits, std::span<const int> truth, const std::vector<std::string>& labels) {
  const std::size_t class_count = labels.size();
  QMN_CHECK(row_count(logits, class_count) == truth.size(), "one label for each row of logits");
  ConfusionMatrix matrix{labels, std::vector<std::int64_t>(class_count * class_count)};
  const std::vector<int> predicted = top1(logits, class_count);
  for (std::size_t row = 0; row < truth.size(); ++row) {
    if (truth[row] == kNoLabel) continue;
    const auto expected = static_cast<std::size_t>(truth[row]);
    QMN_CHECK(expected < class_count, "a label is an index into labels");
    ++matrix.counts[expected * class_count + static_cast<std::size_t>(predicted[row])];
  }
  return matrix;
}

std::vector<int> top1(std::span<const float> logits, std::size_t class_count) {
  std::vector<int> winners(row_count(logits, class_count));
  for (std::size_t row = 0; row < winners.size(); ++row) {
    const auto scores = logits.subspan(row * class_count, class_count);
    winners[row] = static_cast<int>(std::ranges::max_element(scores) - scores.begin());  // the first of equals
  }
  return winners;
}

double accuracy(std::span<const float> logits, std::span<const int> truth, std::size_t class_count) {
  const std::vector<int> winners = top1(logits, class_count);
  QMN_CHECK(winners.size() == truth.size(), "one label for each row of logits");
  std::size_t hits = 0, labeled = 0;
  for (std::size_t row = 0; row < winners.size(); ++row) {
    hits += winners[row] == truth[row] ? 1 : 0;
    labeled += truth[row] == kNoLabel ? 0 : 1;
  }
  return labeled == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(labeled);
}

double mean_kl(std::span<const float> reference, std::span<const float> other, std::size_t class_count) {
  const std::size_t rows = row_count(reference, class_count);
  QMN_CHECK(reference.size() == other.size(), "the same rows on both sides");
  if (rows == 0) return 0;
  double sum = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto p = reference.subspan(row * class_count, class_count), q = other.subspan(row * class_count, class_count);
    const double p_norm = log_sum_exp(p), q_norm = log_sum_exp(q);
    double kl = 0;
    for (std::size_t c = 0; c < class_count; ++c) {
      const double log_p = p[c] - p_norm, log_q = q[c] - q_norm;
      kl += std::exp(log_p) * (log_p - log_q);
    }
    sum += std::max(kl, 0.0);  // rounding alone can make it negative
  }
  return sum / static_cast<double>(rows);
}

double cross_entropy(std::span<const float> logits, int label) {
  return log_sum_exp(logits) - static_cast<double>(logits[static_cast<std::size_t>(label)]);
}

double agreement(std::span<const float> reference, std::span<const float> other, std::size_t class_count) {
  QMN_CHECK(reference.size() == other.size(), "the same rows on both sides");
  const std::vector<int> a = top1(reference, class_count), b = top1(other, class_count);
  if (a.empty()) return 0;
  std::size_t same = 0;
  for (std::size_t row = 0; row < a.size(); ++row) same += a[row] == b[row] ? 1 : 0;
  return static_cast<double>(same) / static_cast<double>(a.size());
}

Interval accuracy_interval(std::span<const float> logits, std::span<const int> truth, std::span<const int> clip_ids, std::size_t class_count) {
  QMN_CHECK(row_count(logits, class_count) == truth.size() && truth.size() == clip_ids.size(), "a label and a clip for each row of logits");
  const std::vector<int> winners = top1(logits, class_count);
  std::map<int, Cluster> by_clip;
  for (std::size_t row = 0; row < truth.size(); ++row) {
    if (truth[row] != kNoLabel) by_clip[clip_ids[row]].add(winners[row] == truth[row] ? 1 : 0);
  }
  return bootstrap(by_clip);
}

PairedDifference paired_difference(std::span<const float> reference, std::span<const float> other, std::span<const int> truth,
                                   std::span<const int> clip_ids, std::size_t class_count) {
  QMN_CHECK(reference.size() == other.size() && row_count(reference, class_count) == truth.size() && truth.size() == clip_ids.size(),
            "the same rows on both sides, a label and a clip for each");
  PairedDifference result;
  std::map<int, Cluster> by_clip;
  const std::vector<int> a = top1(reference, class_count), b = top1(other, class_count);
  double reference_hits = 0, other_hits = 0, rows = 0;
  for (std::size_t row = 0; row < truth.size(); ++row) {
    if (truth[row] == kNoLabel) continue;
    rows += 1;
    const double reference_hit = a[row] == truth[row] ? 1 : 0, other_hit = b[row] == truth[row] ? 1 : 0;
    reference_hits += reference_hit;
    other_hits += other_hit;
    by_clip[clip_ids[row]].add(other_hit - reference_hit);
  }
  if (rows == 0) return result;
  result.reference_accuracy = reference_hits / rows;
  result.other_accuracy = other_hits / rows;
  result.mean = (other_hits - reference_hits) / rows;
  const Interval interval = bootstrap(by_clip);
  result.low = interval.low;
  result.high = interval.high;
  return result;
}

}  // namespace qmn
