// SPDX-License-Identifier: Apache-2.0
#include "quantize/check_score.h"

#include "quantize/divergence.h"
#include "quantize/metrics.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr double kLossPerChange = 0.4;

}  // namespace

CheckScore check_score(std::span<const float> reference, std::span<const float> quantized, const FeatureSet& clips) {
  const std::vector<int>& labels = clips.labels;
  const Divergence divergence(clips.outputs, reference, labels.size());
  if (clips.outputs == OutputKind::values) {
    const double noise = divergence.mean(reference, quantized);
    return {.kl = noise, .agreement = 1, .expected_loss = noise, .cautious_loss = noise};
  }
  const std::size_t class_count = divergence.output_count();
  CheckScore score{.kl = mean_kl(reference, quantized, class_count), .agreement = agreement(reference, quantized, class_count)};
  score.difference = accuracy(quantized, labels, class_count) - accuracy(reference, labels, class_count);
  const std::vector<int> before = top1(reference, class_count), after = top1(quantized, class_count);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto logits = reference.subspan(row * class_count, class_count);
    const auto probability = [&](int label) { return std::exp(-cross_entropy(logits, label)); };
    score.expected_loss += (probability(before[row]) - probability(after[row])) / static_cast<double>(labels.size());
  }
  score.cautious_loss = std::max(score.expected_loss, kLossPerChange * (1 - score.agreement));
  return score;
}

}  // namespace qmn
