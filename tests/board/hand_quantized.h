// SPDX-License-Identifier: Apache-2.0
// tests/board/hand_quantized.h   An untrained net with formats put by hand: what the tests of export and run need of a quantized model.
#pragma once

#include "graph/quantization.h"
#include "models/models.h"
#include "passes/passes.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>
#include <vector>

namespace qmn {

inline QFormat format_of_parameters(const Tensor& tensor) {
  double largest = 0;
  for (const float value : tensor.data) largest = std::max(largest, std::abs(static_cast<double>(value)));
  return format_for(largest);
}

/// Parameters in their classic formats, biases clamped to the accumulator; every activation with 4 fractional bits.
inline Model hand_quantized(const std::string& architecture, const std::vector<int>& size_info, const std::vector<std::string>& labels) {
  constexpr QFormat kActivations{8, 4};
  Model model;
  model.metadata.architecture = architecture;
  model.metadata.size_info = size_info;
  model.metadata.labels = labels;
  model.metadata.front_end = published_front_end(architecture);
  model.metadata.front_end.coefficient_shifts.assign(static_cast<std::size_t>(model.metadata.front_end.coefficient_count), 5);
  model.graph = prepare_for_inference(build_model(architecture, size_info, model.metadata.front_end, static_cast<int>(labels.size()), 3));
  Quantization& quantization = model.quantization.emplace();
  quantization.formats[model.graph.input] = kActivations;
  for (const Node& node : model.graph.nodes) {
    quantization.formats[output_of(node)] = kActivations;
    std::visit(
        [&](const auto& n) {
          if constexpr (requires { n.weight; n.bias; }) {
            const QFormat weight = quantization.formats[n.weight] = format_of_parameters(model.graph.initializer(n.weight));
            QFormat bias = format_of_parameters(model.graph.initializer(n.bias));
            bias.frac_bits = std::min(bias.frac_bits, accumulator_frac_bits(kActivations, weight));
            quantization.formats[n.bias] = bias;
          }
        },
        node);
  }
  return model;
}

}  // namespace qmn
