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

/// The classic rule, with a bit less behind the point where +2^m itself would saturate: the 1 of 1 - u is exact.
QFormat format_that_holds(const Graph& graph, ValueId constant) {
  QFormat format = format_for(max_abs(graph, constant));
  for (const float real : graph.initializer(constant).data) {
    if (static_cast<double>(real) >= -format.real_min()) --format.frac_bits;
  }
  return format;
}

}  // namespace

Quantization quantize_parameters(const Graph& prepared, int bias_bits) {
  QMN_CHECK(bias_bits == 8 || bias_bits == 32, "a bias has 8 or 32 bits");
  Quantization quantization;
  for (const WeightedLayer& layer : weighted_layers(prepared)) {
    quantization.formats[layer.weight] = format_for(max_abs(prepared, layer.weight));
    if (layer.bias != kNoValue) quantization.formats[layer.bias] = format_for(max_abs(prepared, layer.bias), bias_bits);
  }
  for_each_node(prepared.nodes, [&](const Node& node) {
    std::visit(
        [&](const auto& n) {
          if constexpr (requires { n.constant; }) {
            if (n.constant != kNoValue) quantization.formats[n.constant] = format_that_holds(prepared, n.constant);
          }
        },
        node);
  });
  return quantization;
}

}  // namespace qmn
