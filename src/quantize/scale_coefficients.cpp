// SPDX-License-Identifier: Apache-2.0
#include "quantize/scale_coefficients.h"

#include "base/check.h"

#include <cmath>

namespace qmn {

void scale_coefficients(FeatureSet& clips, std::span<const int> shifts) {
  QMN_CHECK(!shifts.empty() && static_cast<std::size_t>(clips.features_per_clip) % shifts.size() == 0, "whole frames are scaled");
  for (auto* features : {&clips.features, &clips.device_features}) {
    for (std::size_t i = 0; i < features->size(); ++i) (*features)[i] = std::ldexp((*features)[i], -shifts[i % shifts.size()]);
  }
}

}  // namespace qmn
