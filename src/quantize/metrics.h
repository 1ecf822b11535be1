// SPDX-License-Identifier: Apache-2.0
// quantize/metrics.h   How well logits fit labels, and how far quantized logits are from float ones. Rows without a label (kNoLabel) count for
// no accuracy.
#pragma once

#include "data/feature_set.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qmn {

/// counts[truth][predicted]
struct ConfusionMatrix {
  std::vector<std::string> labels;
  std::vector<std::int64_t> counts;
  std::int64_t total() const;
  std::int64_t hits() const;
  double accuracy() const;  ///< 0 … 1; 0 when empty
};
ConfusionMatrix confusion(std::span<const float> logits, std::span<const int> truth, const std::vector<std::string>& labels);

/// Index of the largest logit of each row; the first of equals.
std::vector<int> top1(std::span<const float> logits, std::size_t class_count);
/// Share of rows whose top-1 is the truth; 0 when there are none.
double accuracy(std::span<const float> logits, std::span<const int> truth, std::size_t class_count);
/// Mean over rows of KL(softmax(reference) ‖ softmax(other)), in nats.
double mean_kl(std::span<const float> reference, std::span<const float> other, std::size_t class_count);
/// -log softmax(logits)[label] of one row, in nats.
double cross_entropy(std::span<const float> logits, int label);
/// Share of rows with the same top-1.
double agreement(std::span<const float> reference, std::span<const float> other, std::size_t class_count);

/// Bounds of a share.
struct Interval {
  double low = 0, high = 0;
};
/// Of the accuracy, 95 %, by the bootstrap of paired_difference.
Interval accuracy_interval(std::span<const float> logits, std::span<const int> truth, std::span<const int> clip_ids, std::size_t class_count);

/// Accuracy of `other` minus that of `reference`, over the same rows, with a 95 % bootstrap interval that resamples clips (rows with
/// the same clip id together); 2000 resamples, fixed seed.
struct PairedDifference {
  double reference_accuracy = 0, other_accuracy = 0;
  double mean = 0, low = 0, high = 0;  ///< as shares, not percent
};
PairedDifference paired_difference(std::span<const float> reference, std::span<const float> other, std::span<const int> truth,
                                   std::span<const int> clip_ids, std::size_t class_count);

}  // namespace qmn
