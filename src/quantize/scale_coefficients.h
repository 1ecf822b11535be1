// SPDX-License-Identifier: Apache-2.0
// quantize/scale_coefficients.h   Features as another front end would have made them.
#pragma once

#include "data/features.h"

#include <span>

namespace qmn {

/// Coefficient c of every frame times 2^-shifts[c], exact: what coefficient_shifts that are larger by `shifts` give.
/// Pre: their count divides a clip's features.
void scale_coefficients(FeatureSet& clips, std::span<const int> shifts);

}  // namespace qmn
