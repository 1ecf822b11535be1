// SPDX-License-Identifier: Apache-2.0
// quantize/minmax.cpp   frac_bits = 7 - ceil(log2(max(|min|, |max|))) over the values of tied activations together.
#include "quantize/minmax.h"

#include "quantize/layers.h"

#include <algorithm>

namespace qmn {

Quantization minmax_formats(const Graph& prepared, const Quantization& parameters, const RangeObserver& observer) {
  Quantization quantization = parameters;
  for (const TiedValues& values : activation_groups(prepared)) {
    double max_abs = 0;
    for (const ValueId value : values) max_abs = std::max(max_abs, observer.range(value).max_abs());
    for (const ValueId value : values) quantization.formats[value] = format_for(max_abs);
  }
  return quantization;
}

}  // namespace qmn
