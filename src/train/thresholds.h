// SPDX-License-Identifier: Apache-2.0
// train/thresholds.h   Formats that are trained (Jain et al. 2019, "Trained quantization thresholds", arXiv 1903.08066): a threshold t stands
// for each format, log2 t is a real number that Adam moves, and the format in use has int_bits = ceil(log2 t).
//
// A format starts in the middle of its octave: log2 t = int_bits - 1/2. The channels of a weight that has a format for each share a threshold:
// they move together. Where the rules of the kernels (legalize) clamp a format, its log2 t
// is brought to the nearest value that means the clamped one.
#pragma once

#include "graph/quantization.h"

#include <functional>
#include <map>
#include <span>
#include <vector>

namespace qmn {

class ThresholdTrainer {
 public:
  using Legalize = std::function<void(Quantization&)>;
  /// `groups`: values that share a format, and a threshold. Formats outside of them change by `legalize` alone.
  /// `learning_rate`: of log2 t. `start` is legal.
  ThresholdTrainer(Quantization start, std::vector<std::vector<ValueId>> groups, double learning_rate, Legalize legalize);

  std::span<const ValueId> values() const { return values_; }  ///< of all groups: those whose slopes step() wants
  const Quantization& quantization() const { return quantization_; }

  /// One step of Adam at `rate_share` times the learning rate, by ∂loss/∂log2 t of each value. True when formats changed.
  bool step(const std::map<ValueId, double>& slopes, double rate_share);

  std::vector<double> state() const;  ///< steps, then log2 t and Adam's two moments for each group
  void restore(const std::vector<double>& state);

 private:
  struct Threshold {
    double log2 = 0, mean = 0, square = 0;
  };
  void settle();  // formats from thresholds, legal, and thresholds back from them

  std::vector<std::vector<ValueId>> groups_;
  std::vector<ValueId> values_;
  std::vector<Threshold> thresholds_;
  double learning_rate_;
  double step_count_ = 0;
  Legalize legalize_;
  Quantization quantization_;
};

/// The rate of thresholds at step 0, 1, …, as a share: down by a cosine from 1 to 0 over the first half, then 0. The weights adapt to
/// formats that stand still.
double threshold_rate_share(std::int64_t step, std::int64_t total_steps);

}  // namespace qmn
