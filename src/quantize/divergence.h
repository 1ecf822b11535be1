// SPDX-License-Identifier: Apache-2.0
// quantize/divergence.h   How far a quantized net's answers are from the float net's: what searches minimize and remedies are judged by.
//
//   classes   KL(softmax(float) ‖ softmax(quantized)), in nats
//   values    |quantized - float|² / mean over all rows of |float|²: noise over signal, of which 10 log10(1 / x) is the SQNR
// Both are 0 where nothing is lost, are means over rows, and need no labels. A row of values counts by its noise alone, so that the mean over
// rows is the ratio of all noise to all signal, and quiet rows do not drown loud ones.
#pragma once

#include "metadata/metadata.h"

#include <cstddef>
#include <span>
#include <string>

namespace qmn {

class Divergence {
 public:
  /// `reference`: float outputs of all rows, [row][output].
  Divergence(OutputKind outputs, std::span<const float> reference, std::size_t row_count);

  std::size_t output_count() const { return output_count_; }
  double of_row(std::span<const float> reference, std::span<const float> other) const;
  /// Over all rows.
  double mean(std::span<const float> reference, std::span<const float> other) const;

 private:
  bool is_of_classes_;
  std::size_t output_count_;
  double signal_ = 1;  // mean over rows of |float|²
};

/// 10 log10(1 / noise_ratio); infinity when there is no noise.
double decibels(double noise_ratio);

/// "KL", or "noise" for the ratio of noise to signal.
const char* divergence_name(OutputKind outputs);
/// "KL 0.00213", "SQNR 41.3 dB".
std::string divergence_text(OutputKind outputs, double divergence);

}  // namespace qmn
