// SPDX-License-Identifier: Apache-2.0
#include "quantize/range_choice.h"

#include "base/check.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

/// The least edge, counted from 0, that leaves at most 1 - share of the values beyond it.
double magnitude_quantile(const Histogram& histogram, double share) {
  const auto allowed = static_cast<std::int64_t>((1 - share) * static_cast<double>(histogram.total()));
  std::int64_t beyond = 0;
  for (int distance = Histogram::kBinsPerSide; distance > 0; --distance) {  // the bins [distance - 1, distance) on both sides
    beyond += histogram.counts()[static_cast<std::size_t>(Histogram::kBinsPerSide + distance - 1)] + histogram.counts()[static_cast<std::size_t>(Histogram::kBinsPerSide - distance)];
    if (beyond > allowed) return distance * histogram.bin_width();
  }
  return 0;
}

template <class Error>
QFormat least(const ObservedRange& observed, int total_bits, const Error& error) {
  const QFormat widest = format_for(observed.max_abs(), total_bits);
  QFormat best = widest;
  double least_error = error(widest);
  for (int narrower = 1; narrower <= kNarrower; ++narrower) {
    const QFormat format{total_bits, std::min(widest.frac_bits + narrower, kMaxFracBits)};
    const double candidate = error(format);
    if (candidate >= least_error) continue;
    least_error = candidate;
    best = format;
  }
  return best;
}

}  // namespace

const char* rule_name(RangeRule rule) {
  switch (rule) {
    case RangeRule::minmax: return "minmax";
    case RangeRule::moving_average: return "moving_average";
    case RangeRule::percentile: return "percentile";
    case RangeRule::mse: return "mse";
    case RangeRule::kl: return "kl";
  }
  QMN_CHECK(false, "every rule has a name");
}

QFormat choose_format(RangeRule rule, const ObservedRange& observed, int total_bits, double percentile) {
  QMN_CHECK(percentile > 0 && percentile <= 100, "a percentile lies in (0, 100]");
  switch (rule) {
    case RangeRule::minmax: return format_for(observed.max_abs(), total_bits);
    case RangeRule::moving_average: return format_for(observed.average_max_abs, total_bits);
    case RangeRule::percentile: return format_for(std::min(observed.max_abs(), magnitude_quantile(observed.histogram, percentile / 100)), total_bits);
    case RangeRule::mse: return least(observed, total_bits, [&](QFormat format) { return mean_squared_error(observed.histogram, format); });
    case RangeRule::kl: return least(observed, total_bits, [&](QFormat format) { return rounding_kl(observed.histogram, format); });
  }
  QMN_CHECK(false, "every rule is chosen by");
}

// Within a bin of width w around its center c, values are spread evenly:
//   the bin lies in one rounding cell or saturates, at level q    mean (x - q)² = (c - q)² + w²/12
//   the bin holds whole cells of step s < w                       mean (x - q)² = s²/12
double mean_squared_error(const Histogram& histogram, QFormat format) {
  const double width = histogram.bin_width(), step = format.step(), highest = format.real_max() + step / 2, lowest = format.real_min() - step / 2;
  double sum = 0;
  for (int bin = 0; bin < Histogram::kBins; ++bin) {
    const std::int64_t count = histogram.counts()[static_cast<std::size_t>(bin)] - (bin == Histogram::kBinsPerSide ? histogram.zero_count() : 0);
    if (count == 0) continue;
    const double center = histogram.lower_edge(bin) + width / 2;
    const bool holds_cells = step < width && center < highest && center > lowest;
    const double distance = center - dequantize(quantize(center, format), format);
    sum += static_cast<double>(count) * (holds_cells ? step * step / 12 : distance * distance + width * width / 12);
  }
  return histogram.total() == 0 ? 0 : sum / static_cast<double>(histogram.total());
}

}  // namespace qmn
