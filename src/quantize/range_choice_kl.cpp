// SPDX-License-Identifier: Apache-2.0
// quantize/range_choice_kl.cpp   The criterion of TensorRT's entropy calibration (Migacz, "8-bit inference with TensorRT", GTC 2017), with a
// power of two in place of any threshold:
//   P    the histogram inside the format's range; what lies outside is added to the outermost bins
//   Q    per level of the format: the count inside the range, spread evenly over those bins of the level that P fills
//   KL = Σ P/ΣP · log((P/ΣP) / (Q/ΣQ))
// Differences from the slides: the histogram is signed; exact zeros (what a ReLU leaves) are left out, as the slides' code leaves out the
// first bin; a bin that Q leaves empty and P fills counts as one value, so that the sum stays finite.
#include "quantize/range_choice.h"

#include <algorithm>
#include <cmath>

namespace qmn {

double rounding_kl(const Histogram& histogram, QFormat format) {
  const auto level_of = [&](int bin) { return quantize(histogram.lower_edge(bin) + histogram.bin_width() / 2, format); };
  const auto is_inside = [&](int bin) {
    const double center = histogram.lower_edge(bin) + histogram.bin_width() / 2;
    return center > format.real_min() - format.step() / 2 && center < format.real_max() + format.step() / 2;
  };
  int first = 0, last = Histogram::kBins - 1;
  while (!is_inside(first)) ++first;
  while (!is_inside(last)) --last;

  std::vector<double> inside(histogram.counts().begin(), histogram.counts().end());
  inside[Histogram::kBinsPerSide] -= static_cast<double>(histogram.zero_count());
  std::vector<double> p = inside;
  for (int bin = 0; bin < first; ++bin) p[static_cast<std::size_t>(first)] += p[static_cast<std::size_t>(bin)];
  for (int bin = last + 1; bin < Histogram::kBins; ++bin) p[static_cast<std::size_t>(last)] += p[static_cast<std::size_t>(bin)];

  std::vector<double> q(inside.size());
  for (int start = first, end = first; start <= last; start = end) {
    double count = 0, filled = 0;
    for (end = start; end <= last && level_of(end) == level_of(start); ++end) {
      count += inside[static_cast<std::size_t>(end)];
      filled += p[static_cast<std::size_t>(end)] > 0 ? 1 : 0;
    }
    for (int bin = start; bin < end; ++bin) {
      if (p[static_cast<std::size_t>(bin)] > 0) q[static_cast<std::size_t>(bin)] = std::max(count / filled, 1.0);
    }
  }
  double p_sum = 0, q_sum = 0;
  for (int bin = first; bin <= last; ++bin) {
    p_sum += p[static_cast<std::size_t>(bin)];
    q_sum += q[static_cast<std::size_t>(bin)];
  }
  double kl = 0;
  for (int bin = first; bin <= last; ++bin) {
    const double share = p[static_cast<std::size_t>(bin)] / std::max(p_sum, 1.0);
    if (share > 0) kl += share * std::log(share * q_sum / q[static_cast<std::size_t>(bin)]);
  }
  return kl;
}

}  // namespace qmn
