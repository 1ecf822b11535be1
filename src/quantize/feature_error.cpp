// SPDX-License-Identifier: Apache-2.0
#include "quantize/feature_error.h"

#include "base/check.h"

#include <cstdlib>

namespace qmn {

std::int64_t FeatureErrors::count_within(std::int64_t steps) const {
  std::int64_t count = 0;
  for (const auto& [error, features] : counts) count += std::abs(error) <= steps ? features : 0;
  return count;
}

FeatureErrors feature_errors(const FeatureSet& clips, QFormat input) {
  QMN_CHECK(clips.device_features.size() == clips.features.size(), "the clips have the features of both front ends");
  FeatureErrors errors{.counts = {}, .feature_count = static_cast<std::int64_t>(clips.features.size())};
  for (std::size_t i = 0; i < clips.features.size(); ++i) {
    ++errors.counts[quantize(static_cast<double>(clips.device_features[i]), input) - quantize(static_cast<double>(clips.features[i]), input)];
  }
  return errors;
}

}  // namespace qmn
