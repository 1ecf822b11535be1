// SPDX-License-Identifier: Apache-2.0
#include "train/schedule.h"

#include "base/check.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace qmn {

std::int64_t total_steps(const TrainSettings& settings) {
  return std::accumulate(settings.step_counts.begin(), settings.step_counts.end(), std::int64_t{0});
}

double learning_rate(const TrainSettings& settings, std::int64_t step) {
  const std::int64_t total = total_steps(settings);
  QMN_CHECK(step >= 0 && step < total, "a step lies within the schedule");
  if (settings.schedule == Schedule::steps) {
    std::size_t stage = 0;
    for (std::int64_t end = settings.step_counts[0]; step >= end; end += settings.step_counts[stage]) ++stage;
    return settings.learning_rates[stage];
  }
  const double peak = settings.learning_rates[0];
  const std::int64_t warm_up = std::max<std::int64_t>(1, total / 10);
  if (step < warm_up) return peak * static_cast<double>(step + 1) / static_cast<double>(warm_up);
  const double progress = static_cast<double>(step - warm_up + 1) / static_cast<double>(total - warm_up + 1);
  return peak * (1 + std::cos(std::numbers::pi * progress)) / 2;
}

}  // namespace qmn
