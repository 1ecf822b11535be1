// SPDX-License-Identifier: Apache-2.0
#include "train/targets.h"

#include "base/check.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qmn {
namespace {

constexpr std::uint64_t kMixupPurpose = 41;

// Jöhnk's method: exact, and quick for alpha <= 1.
double draw_symmetric_beta(double alpha, Random& random) {
  for (;;) {
    const double x = std::pow(random.uniform(), 1 / alpha), y = std::pow(random.uniform(), 1 / alpha);
    if (x + y <= 1 && x + y > 0) return x / (x + y);
  }
}

void mix(std::vector<float>& rows, const std::vector<std::size_t>& partners, const std::vector<float>& weights) {
  const std::vector<float> before = rows;
  const std::size_t length = rows.size() / partners.size();
  for (std::size_t clip = 0; clip < partners.size(); ++clip) {
    for (std::size_t i = 0; i < length; ++i) {
      rows[clip * length + i] = weights[clip] * before[clip * length + i] + (1 - weights[clip]) * before[partners[clip] * length + i];
    }
  }
}

}  // namespace

std::vector<float> smooth_targets(const std::vector<int>& labels, int class_count, double smoothing) {
  const auto classes = static_cast<std::size_t>(class_count);
  std::vector<float> targets(labels.size() * classes, static_cast<float>(smoothing / class_count));
  for (std::size_t clip = 0; clip < labels.size(); ++clip) {
    QMN_CHECK(labels[clip] >= 0 && labels[clip] < class_count, "a label is one of the classes");
    targets[clip * classes + static_cast<std::size_t>(labels[clip])] += static_cast<float>(1 - smoothing);
  }
  return targets;
}

void mix_pairs(std::vector<float>& features, std::vector<float>& targets, std::size_t clip_count, double alpha, std::uint64_t seed, std::int64_t step) {
  QMN_CHECK(alpha > 0 && alpha <= 1, "mixup's alpha is above 0 and at most 1");
  Random random{seed, kMixupPurpose, static_cast<std::uint64_t>(step)};
  std::vector<std::size_t> partners(clip_count);
  std::iota(partners.begin(), partners.end(), std::size_t{0});
  random.shuffle(partners);
  std::vector<float> weights(clip_count);
  for (float& weight : weights) {
    const double share = draw_symmetric_beta(alpha, random);
    weight = static_cast<float>(std::max(share, 1 - share));
  }
  mix(features, partners, weights);
  mix(targets, partners, weights);
}

}  // namespace qmn
