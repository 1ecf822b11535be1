// SPDX-License-Identifier: Apache-2.0
// quantize/feature_error.h   How far the device's front end lies from the float reference: in steps of the network's input format.
//
//   error = raw(feature of the integer front end) - raw(feature of the float reference), both rounded (ties up) and saturated to the format
#pragma once

#include "data/feature_set.h"
#include "qformat/qformat.h"

#include <cstdint>
#include <map>

namespace qmn {

struct FeatureErrors {
  std::map<std::int64_t, std::int64_t> counts;  ///< of features, by error
  std::int64_t feature_count = 0;
  std::int64_t count_within(std::int64_t steps) const;  ///< with |error| <= steps
};

/// Pre: the clips have the features of both front ends.
FeatureErrors feature_errors(const FeatureSet& clips, QFormat input);

}  // namespace qmn
