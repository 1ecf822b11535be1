// SPDX-License-Identifier: Apache-2.0
// engine/batch_statistics.h   Batch normalization while training, on plain arrays [clip][channel][plane], so that a batch can be worked on in
// parts: each part adds its sums, the sums of all parts give the statistics, each part is normalized by them.
//   forward    x̂ = (x − μ) / √(σ² + ε)            y = γ·x̂ + β
//   backward   dβ = Σ dy    dγ = Σ dy·x̂           dx = γ / √(σ² + ε) · (dy − dβ/N − x̂·dγ/N)      N values in a channel
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

/// Two sums for each channel, and how many values they are over.
struct ChannelSums {
  std::vector<double> first, second;
  std::int64_t count = 0;
  void add(const ChannelSums& other);
};

struct BatchStatistics {
  std::vector<double> mean, variance;  ///< variance: σ², of the batch as a population
  std::vector<float> inverse_deviation;
  std::int64_t count = 0;              ///< N
};

struct Planes {
  std::int64_t clips = 0, channels = 0, length = 0;
};

ChannelSums sum_values(std::span<const float> x, Planes planes);  ///< Σx, Σx²
BatchStatistics make_statistics(const ChannelSums& sums, double epsilon);
void normalize_batch(std::span<const float> x, Planes planes, const BatchStatistics& statistics, std::span<const float> scale, std::span<const float> offset,
                     std::span<float> y);
ChannelSums sum_gradients(std::span<const float> x, std::span<const float> dy, Planes planes, const BatchStatistics& statistics);  ///< dβ, dγ
void normalize_backward(std::span<const float> x, std::span<const float> dy, Planes planes, const BatchStatistics& statistics, std::span<const float> scale,
                        const ChannelSums& gradients, std::span<float> dx);

}  // namespace qmn
