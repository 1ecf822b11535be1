// SPDX-License-Identifier: Apache-2.0
// quantize/parameters.cpp   The classic rule for weights and biases, each tensor by itself:
//   int_bits = ceil(log2(max(|min|, |max|))),  frac_bits = 7 - int_bits,  raw = sat8(floor(x * 2^frac_bits + 0.5))
// 32-bit biases get 31 - int_bits here; legalize() brings them to accumulator scale as soon as activations have formats.
#include "quantize/layers.h"
#include "quantize/quantize.h"

#include "base/check.h"
#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

double max_abs(const Graph& graph, ValueId id) {
  double largest = 0;
  for (const float real : graph.initializer(id).data) {
    if (!std::isfinite(real)) fail_data("tensor {} holds {}: infinite and NaN values have no fixed-point format", graph.value(id).name, real);
    largest = std::max(largest, std::fabs(static_cast<double>(real)));
  }
  return largest;
}

}  // namespace

Quantization quantize_parameters(const Graph& prepared, int bias_bits) {
  QMN_CHECK(bias_bits == 8 || bias_bits == 32, "a bias has 8 or 32 bits");
  Quantization quantization;
  for (const WeightedLayer& layer : weighted_layers(prepared)) {
    quantization.formats[layer.weight] = format_for(max_abs(prepared, layer.weight));
    if (layer.bias != kNoValue) quantization.formats[layer.bias] = format_for(max_abs(prepared, layer.bias), bias_bits);
  }
  return quantization;
}

}  // namespace qmn
