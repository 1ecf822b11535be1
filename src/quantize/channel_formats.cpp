// SPDX-License-Identifier: Apache-2.0
#include "quantize/channel_formats.h"

#include "quantize/layers.h"

#include <algorithm>
#include <cmath>

namespace qmn {

Quantization channel_formats(const Graph& graph, Quantization quantization) {
  quantization.corrections.clear();
  for (const WeightedLayer& layer : weighted_layers(graph)) {
    const QFormat format = quantization.formats.at(layer.weight);
    if (format.total_bits != 8) continue;
    const Tensor& weight = graph.initializer(layer.weight);
    const auto channels = static_cast<std::size_t>(weight.shape[0]);
    const std::size_t per_channel = weight.data.size() / channels;
    std::vector<int> frac_bits;
    for (std::size_t channel = 0; channel < channels; ++channel) {
      double largest = 0;
      for (std::size_t i = 0; i < per_channel; ++i) largest = std::max(largest, std::fabs(static_cast<double>(weight.data[channel * per_channel + i])));
      frac_bits.push_back(largest == 0 ? format.frac_bits : std::max(format.frac_bits, format_for(largest).frac_bits));
    }
    quantization.set_channels(layer.weight, 8, frac_bits);
    if (layer.bias != kNoValue) quantization.set_format(layer.bias, {32, 0});
  }
  return quantization;
}

}  // namespace qmn
