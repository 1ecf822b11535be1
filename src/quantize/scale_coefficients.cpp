// SPDX-License-Identifier: Apache-2.0
#include "quantize/scale_coefficients.h"

#include "base/check.h"

#include <cmath>

namespace qmn {

void scale_coefficients(FeatureSet& clips, std::span<const int> shifts) {
  QMN_CHECK(!shifts.empty() && static_cast<std::size_t>(clips.features_per_clip) % shifts.size() == 0, "whole frames are scaled");
  for (std::size_t i = 0; i < clips.features.size(); ++i) clips.features[i] = std::ldexp(clips.features[i], -shifts[i % shifts.size()]);
}

}  // namespace qmn
