// SPDX-License-Identifier: Apache-2.0
#include "train/thresholds.h"

#include "base/check.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace qmn {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
constexpr double kSmallest = 1e-6;  // of log2 t above the octave below: ceil keeps its meaning

}  // namespace

ThresholdTrainer::ThresholdTrainer(Quantization start, std::vector<std::vector<ValueId>> groups, double learning_rate, Legalize legalize)
    : groups_(std::move(groups)), learning_rate_(learning_rate), legalize_(std::move(legalize)), quantization_(std::move(start)) {
  for (const std::vector<ValueId>& group : groups_) {
    values_.insert(values_.end(), group.begin(), group.end());
    thresholds_.push_back({.log2 = quantization_.formats.at(group.front()).int_bits() - 0.5});
  }
}

bool ThresholdTrainer::step(const std::map<ValueId, double>& slopes, double rate_share) {
  ++step_count_;
  const double correction1 = 1 - std::pow(kBeta1, step_count_), correction2 = 1 - std::pow(kBeta2, step_count_);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    Threshold& threshold = thresholds_[i];
    double slope = 0;
    for (const ValueId id : groups_[i]) slope += slopes.at(id);
    threshold.mean = kBeta1 * threshold.mean + (1 - kBeta1) * slope;
    threshold.square = kBeta2 * threshold.square + (1 - kBeta2) * slope * slope;
    threshold.log2 -= learning_rate_ * rate_share * (threshold.mean / correction1) / (std::sqrt(threshold.square / correction2) + kEpsilon);
  }
  const Quantization before = quantization_;
  settle();
  return quantization_ != before;
}

void ThresholdTrainer::settle() {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    for (const ValueId id : groups_[i]) {
      const QFormat old = quantization_.formats.at(id);
      const int int_bits = static_cast<int>(std::ceil(thresholds_[i].log2));
      std::vector<int> frac_bits = quantization_.channels_of(id);
      for (int& bits : frac_bits) bits = std::clamp(bits + old.int_bits() - int_bits, -kMaxFracBits, kMaxFracBits);
      quantization_.set_channels(id, old.total_bits, frac_bits);
    }
  }
  legalize_(quantization_);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const double int_bits = quantization_.formats.at(groups_[i].front()).int_bits();
    thresholds_[i].log2 = std::clamp(thresholds_[i].log2, int_bits - 1 + kSmallest, int_bits);
  }
}

std::vector<double> ThresholdTrainer::state() const {
  std::vector<double> state{step_count_};
  for (const Threshold& threshold : thresholds_) state.insert(state.end(), {threshold.log2, threshold.mean, threshold.square});
  return state;
}

void ThresholdTrainer::restore(const std::vector<double>& state) {
  QMN_CHECK(state.size() == 1 + 3 * thresholds_.size(), "a state has its thresholds");
  step_count_ = state[0];
  for (std::size_t i = 0; i < thresholds_.size(); ++i) thresholds_[i] = {state[1 + 3 * i], state[2 + 3 * i], state[3 + 3 * i]};
  settle();
}

double threshold_rate_share(std::int64_t step, std::int64_t total_steps) {
  const double progress = 2 * static_cast<double>(step) / static_cast<double>(total_steps);
  return progress >= 1 ? 0 : (1 + std::cos(std::numbers::pi * progress)) / 2;
}

}  // namespace qmn
