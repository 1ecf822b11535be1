// SPDX-License-Identifier: Apache-2.0
#include "quantize/rule_formats.h"

#include "quantize/layers.h"

namespace qmn {

Quantization rule_formats(RangeRule rule, const Graph& prepared, const Quantization& parameters, const RangeObserver& observer, double percentile) {
  Quantization quantization = parameters;
  for (const TiedValues& values : activation_groups(prepared)) {
    const QFormat format = choose_format(rule, observer.range(values), 8, percentile);
    for (const ValueId value : values) quantization.formats[value] = format;
  }
  if (rule != RangeRule::mse) return quantization;
  for (const WeightedLayer& layer : weighted_layers(prepared)) {
    for (const ValueId parameter : {layer.weight, layer.bias}) {
      if (parameter == kNoValue || parameters.formats.at(parameter).total_bits != 8) continue;
      quantization.formats[parameter] = choose_format(rule, observe_parameter(prepared, parameter));
    }
  }
  return quantization;
}

}  // namespace qmn
