// SPDX-License-Identifier: Apache-2.0
// quantize/range_choice.h   Formats that look at one tensor at a time, each a rule over what was observed of it.
//
//   minmax          the narrowest power of two that holds every value
//   moving_average  the narrowest that holds the moving average of the clips' largest |x| (quantize/observer.h)
//   percentile      the narrowest that holds the given share of the values
//   mse             the least mean squared error of rounding and saturation together
//   kl              the least KL(values ‖ rounded values) between histograms, as TensorRT chooses its thresholds (range_choice_kl.cpp)
// mse and kl choose between the format of minmax and kNarrower narrower ones, the widest of equals.
#pragma once

#include "qformat/qformat.h"
#include "quantize/observer.h"

#include <vector>

namespace qmn {

enum class RangeRule { minmax, moving_average, percentile, mse, kl };
inline constexpr RangeRule kRangeRules[] = {RangeRule::minmax, RangeRule::moving_average, RangeRule::percentile, RangeRule::mse, RangeRule::kl};
const char* rule_name(RangeRule rule);

inline constexpr double kDefaultPercentile = 99.99;
inline constexpr int kNarrower = 5;

/// The format that `rule` gives a tensor of `total_bits`. `percentile` lies in (0, 100].
QFormat choose_format(RangeRule rule, const ObservedRange& observed, int total_bits = 8, double percentile = kDefaultPercentile);

/// Of each value x in the histogram the mean of (x - fake_quantize(x))², bins taken as evenly filled.
double mean_squared_error(const Histogram& histogram, QFormat format);

/// KL between the histogram with what saturates at its edge, and the same after rounding; in nats. Zeros, exact in every format, are left out.
double rounding_kl(const Histogram& histogram, QFormat format);

}  // namespace qmn
