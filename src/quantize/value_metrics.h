// SPDX-License-Identifier: Apache-2.0
// quantize/value_metrics.h   How well outputs that are values, not classes, fit what they should be, and how well they tell anomalies.
#pragma once

#include "data/feature_set.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace qmn {

/// Mean over the outputs of each row of the squared error: to the row's target, or of a net that answers as many numbers as it takes, to its
/// input (an auto-encoder). Empty when there is neither.
std::vector<double> squared_errors(std::span<const float> outputs, const FeatureSet& rows);

/// Mean squared error over all numbers.
double mean_squared_error(std::span<const float> reference, std::span<const float> other);

/// Area under the ROC curve: the chance that a positive scores higher than a negative, ties by halves (Mann and Whitney). Nothing when either
/// is missing.
std::optional<double> area_under_curve(std::span<const double> scores, const std::vector<bool>& is_positive);

/// How well the outputs tell rows labeled 1 (anomaly) from those labeled 0 (normal). The score of a clip is the mean over its rows of the
/// squared error, or of the output of a net that answers one number. Nothing without labels of both kinds.
std::optional<double> anomaly_auc(std::span<const float> outputs, const FeatureSet& rows);

}  // namespace qmn
