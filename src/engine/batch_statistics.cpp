// SPDX-License-Identifier: Apache-2.0
#include "engine/batch_statistics.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr std::size_t kLanes = 8;  // independent sums, which the compiler may keep in one vector

// Σ first(i), Σ second(i) over 0 … count-1, always in the same order.
template <class Term>
void accumulate(std::size_t count, const Term& term, double& first_sum, double& second_sum) {
  double first[kLanes] = {}, second[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) term(i + lane, first[lane], second[lane]);
  }
  for (; i < count; ++i) term(i, first[0], second[0]);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    first_sum += first[lane];
    second_sum += second[lane];
  }
}

// Calls body(channel, start of the plane).
template <class Body>
void for_each_plane(Planes planes, const Body& body) {
  std::size_t start = 0;
  for (std::int64_t clip = 0; clip < planes.clips; ++clip) {
    for (std::size_t channel = 0; channel < static_cast<std::size_t>(planes.channels); ++channel) {
      body(channel, start);
      start += static_cast<std::size_t>(planes.length);
    }
  }
}

ChannelSums make_sums(Planes planes) {
  const auto channels = static_cast<std::size_t>(planes.channels);
  return {std::vector<double>(channels), std::vector<double>(channels), planes.clips * planes.length};
}

}  // namespace

void ChannelSums::add(const ChannelSums& other) {
  if (first.empty()) first.resize(other.first.size()), second.resize(other.second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    first[i] += other.first[i];
    second[i] += other.second[i];
  }
  count += other.count;
}

ChannelSums sum_values(std::span<const float> x, Planes planes) {
  ChannelSums sums = make_sums(planes);
  for_each_plane(planes, [&](std::size_t channel, std::size_t start) {
    const float* const values = x.data() + start;
    accumulate(static_cast<std::size_t>(planes.length), [values](std::size_t i, double& sum, double& square_sum) {
      const double value = static_cast<double>(values[i]);
      sum += value;
      square_sum += value * value;
    }, sums.first[channel], sums.second[channel]);
  });
  return sums;
}

BatchStatistics make_statistics(const ChannelSums& sums, double epsilon) {
  BatchStatistics statistics;
  statistics.count = sums.count;
  const auto count = static_cast<double>(sums.count);
  for (std::size_t i = 0; i < sums.first.size(); ++i) {
    const double mean = sums.first[i] / count;
    const double variance = std::max(0.0, sums.second[i] / count - mean * mean);
    statistics.mean.push_back(mean);
    statistics.variance.push_back(variance);
    statistics.inverse_deviation.push_back(static_cast<float>(1 / std::sqrt(variance + epsilon)));
  }
  return statistics;
}

void normalize_batch(std::span<const float> x, Planes planes, const BatchStatistics& statistics, std::span<const float> scale, std::span<const float> offset,
                     std::span<float> y) {
  for_each_plane(planes, [&](std::size_t channel, std::size_t start) {
    const float mean = static_cast<float>(statistics.mean[channel]), factor = statistics.inverse_deviation[channel] * scale[channel], shift = offset[channel];
    const float* const in = x.data() + start;
    float* const out = y.data() + start;
    for (std::int64_t i = 0; i < planes.length; ++i) out[i] = (in[i] - mean) * factor + shift;
  });
}

ChannelSums sum_gradients(std::span<const float> x, std::span<const float> dy, Planes planes, const BatchStatistics& statistics) {
  ChannelSums sums = make_sums(planes);
  for_each_plane(planes, [&](std::size_t channel, std::size_t start) {
    const float* const values = x.data() + start;
    const float* const slopes = dy.data() + start;
    const double mean = statistics.mean[channel], inverse = static_cast<double>(statistics.inverse_deviation[channel]);
    accumulate(static_cast<std::size_t>(planes.length), [=](std::size_t i, double& sum, double& product_sum) {
      const double slope = static_cast<double>(slopes[i]);
      sum += slope;
      product_sum += slope * (static_cast<double>(values[i]) - mean) * inverse;
    }, sums.first[channel], sums.second[channel]);
  });
  return sums;
}

void normalize_backward(std::span<const float> x, std::span<const float> dy, Planes planes, const BatchStatistics& statistics, std::span<const float> scale,
                        const ChannelSums& gradients, std::span<float> dx) {
  const auto count = static_cast<double>(statistics.count);
  for_each_plane(planes, [&](std::size_t channel, std::size_t start) {
    const float mean = static_cast<float>(statistics.mean[channel]), inverse = statistics.inverse_deviation[channel], factor = inverse * scale[channel];
    const float mean_slope = static_cast<float>(gradients.first[channel] / count), mean_product = static_cast<float>(gradients.second[channel] / count);
    const float* const in = x.data() + start;
    const float* const slope = dy.data() + start;
    float* const out = dx.data() + start;
    for (std::int64_t i = 0; i < planes.length; ++i) out[i] = factor * (slope[i] - mean_slope - (in[i] - mean) * inverse * mean_product);
  });
}

}  // namespace qmn
