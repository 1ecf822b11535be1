// SPDX-License-Identifier: Apache-2.0
#include "quantize/histogram.h"

#include "base/check.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace qmn {
namespace {

constexpr int kLogBinsPerSide = std::countr_zero(static_cast<unsigned>(Histogram::kBinsPerSide));

}  // namespace

double Histogram::bin_width() const { return std::ldexp(1.0, exponent_ - kLogBinsPerSide); }

double Histogram::lower_edge(int bin) const { return (bin - kBinsPerSide) * bin_width(); }

void Histogram::add(std::span<const float> reals) {
  float largest = 0;
  for (const float real : reals) largest = std::max(largest, std::fabs(real));
  QMN_CHECK(std::isfinite(largest), "a histogram counts finite values");
  int exponent = 0;
  std::frexp(largest, &exponent);  // largest < 2^exponent
  if (largest > 0) widen(exponent);
  const float scale = std::ldexp(1.0f, kLogBinsPerSide - exponent_);
  for (const float real : reals) {
    ++counts_[static_cast<std::size_t>(static_cast<int>(std::floor(real * scale)) + kBinsPerSide)];
    zero_count_ += real == 0 ? 1 : 0;
  }
  total_ += static_cast<std::int64_t>(reals.size());
}

void Histogram::merge(const Histogram& other) {
  Histogram wide = other;
  widen(other.exponent_);
  wide.widen(exponent_);
  for (std::size_t bin = 0; bin < counts_.size(); ++bin) counts_[bin] += wide.counts_[bin];
  total_ += other.total_;
  zero_count_ += other.zero_count_;
}

void Histogram::widen(int exponent) {
  if (exponent <= exponent_) return;
  const int shift = std::min(exponent - exponent_, kLogBinsPerSide + 1);
  std::vector<std::int64_t> merged(kBins);
  for (int bin = 0; bin < kBins; ++bin) {
    const int from_zero = (bin - kBinsPerSide) >> shift;  // rounds down, as the bins do
    merged[static_cast<std::size_t>(from_zero + kBinsPerSide)] += counts_[static_cast<std::size_t>(bin)];
  }
  counts_ = std::move(merged);
  exponent_ = exponent;
}

}  // namespace qmn
