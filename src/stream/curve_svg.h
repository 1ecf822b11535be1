// SPDX-License-Identifier: Apache-2.0
// stream/curve_svg.h   Recall over false accepts an hour as a picture: a line for each word, the chosen points marked.
#pragma once

#include "stream/operating_curve.h"

#include <string>
#include <vector>

namespace qmn {

struct NamedCurve {
  std::string name;
  OperatingCurve curve;
  int threshold = 0;  ///< the chosen one, marked; 0: none
};

/// An SVG file. The abscissa is log(1 + false accepts an hour), up to `most` of them. `title` says what was measured on what.
std::string curves_svg(const std::vector<NamedCurve>& curves, double hours, double most, const std::string& title);

}  // namespace qmn
