// SPDX-License-Identifier: Apache-2.0
// train/targets.h   What a batch should answer: one-hot labels, smoothed, and mixed in pairs.
#pragma once

#include "data/features.h"

#include <cstdint>
#include <vector>

namespace qmn {

/// [clip][classes]: 1 - smoothing at the label, and smoothing / classes everywhere.
std::vector<float> smooth_targets(const std::vector<int>& labels, int class_count, double smoothing);

/// Mixup (Zhang et al. 2018): each clip becomes λ·clip + (1-λ)·partner, targets likewise, with a partner from the same batch and
/// λ = max(l, 1-l), l ~ Beta(alpha, alpha), drawn from (seed, step). 0 < alpha <= 1.
void mix_pairs(std::vector<float>& features, std::vector<float>& targets, std::size_t clip_count, double alpha, std::uint64_t seed, std::int64_t step);

}  // namespace qmn
