// SPDX-License-Identifier: Apache-2.0
#include "quantize/divergence.h"

#include "base/check.h"
#include "quantize/metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace qmn {
namespace {

double power(std::span<const float> reals) {
  double sum = 0;
  for (const float real : reals) sum += static_cast<double>(real) * static_cast<double>(real);
  return sum;
}

}  // namespace

Divergence::Divergence(OutputKind outputs, std::span<const float> reference, std::size_t row_count)
    : is_of_classes_(outputs != OutputKind::values), output_count_(row_count == 0 ? 0 : reference.size() / row_count) {
  if (row_count == 0) return;
  QMN_CHECK(reference.size() % row_count == 0, "equally many outputs a row");
  if (const double sum = power(reference); sum > 0) signal_ = sum / static_cast<double>(row_count);
}

double Divergence::of_row(std::span<const float> reference, std::span<const float> other) const {
  if (is_of_classes_) return mean_kl(reference, other, output_count_);
  double noise = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double error = static_cast<double>(other[i]) - static_cast<double>(reference[i]);
    noise += error * error;
  }
  return noise / signal_;
}

double Divergence::mean(std::span<const float> reference, std::span<const float> other) const {
  QMN_CHECK(reference.size() == other.size(), "the same rows on both sides");
  if (output_count_ == 0) return 0;
  double sum = 0;
  for (std::size_t at = 0; at < reference.size(); at += output_count_) sum += of_row(reference.subspan(at, output_count_), other.subspan(at, output_count_));
  return sum * static_cast<double>(output_count_) / static_cast<double>(reference.size());
}

double decibels(double noise_ratio) { return noise_ratio > 0 ? -10 * std::log10(noise_ratio) : std::numeric_limits<double>::infinity(); }

const char* divergence_name(OutputKind outputs) { return outputs == OutputKind::values ? "noise" : "KL"; }

std::string divergence_text(OutputKind outputs, double divergence) {
  if (outputs != OutputKind::values) return fmt::format("KL {:.5f}", divergence);
  return divergence > 0 ? fmt::format("SQNR {:.1f} dB", decibels(divergence)) : "SQNR infinite";
}

}  // namespace qmn
