// SPDX-License-Identifier: Apache-2.0
// quantize/histogram.h   How often a tensor takes which values, in one pass, over a range that nobody has to know before.
//
// The bins span [-2^e, 2^e), e the least exponent with |x| < 2^e for all values seen, in kBinsPerSide equal bins a side. When a larger
// value comes, e grows and 2^d neighboring bins become one. As the edges of wide bins are edges of narrow ones, the counts are those of
// binning everything at the last e: they depend on neither the order of the values nor on how the values were divided among histograms
// that are merged afterwards.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

class Histogram {
 public:
  static constexpr int kBinsPerSide = 4096;
  static constexpr int kBins = 2 * kBinsPerSide;

  Histogram() : counts_(kBins) {}
  void add(std::span<const float> reals);  ///< finite
  void merge(const Histogram& other);

  int exponent() const { return exponent_; }  ///< e
  double bin_width() const;
  double lower_edge(int bin) const;  ///< of bin 0 … kBins-1; bin kBinsPerSide begins at 0
  std::span<const std::int64_t> counts() const { return counts_; }
  std::int64_t total() const { return total_; }
  std::int64_t zero_count() const { return zero_count_; }  ///< values that are exactly 0: they lie in bin kBinsPerSide too

 private:
  void widen(int exponent);

  static constexpr int kLeastExponent = -100;  // below it, all is one bin
  int exponent_ = kLeastExponent;
  std::vector<std::int64_t> counts_;
  std::int64_t total_ = 0, zero_count_ = 0;
};

}  // namespace qmn
