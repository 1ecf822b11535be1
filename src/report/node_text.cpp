// SPDX-License-Identifier: Apache-2.0
#include "report/node_text.h"

#include <fmt/format.h>

namespace qmn {

std::string node_text(const Graph& graph, const Node& node) {
  std::string text = op_type(node);
  if (const auto* conv = std::get_if<Conv2d>(&node)) {
    const Shape& weight = graph.shape(conv->weight);
    const bool is_depthwise = conv->groups > 1 && weight[1] == 1;
    text = fmt::format("{} {}x{}", is_depthwise ? "depthwise" : "Conv", weight[2], weight[3]);
    if (conv->strides != std::array<std::int64_t, 2>{1, 1}) text += fmt::format(" /{}x{}", conv->strides[0], conv->strides[1]);
    if (conv->activation == Activation::relu) text += " ReLU";
  } else if (const auto* dense = std::get_if<FullyConnected>(&node)) {
    if (dense->activation == Activation::relu) text += " ReLU";
  } else if (const auto* pool = std::get_if<AveragePool2d>(&node)) {
    text += fmt::format(" {}x{}", pool->kernel[0], pool->kernel[1]);
  } else if (const auto* max_pool = std::get_if<MaxPool2d>(&node)) {
    text += fmt::format(" {}x{}", max_pool->kernel[0], max_pool->kernel[1]);
  } else if (const auto* scan = std::get_if<Scan>(&node)) {
    text += fmt::format(" of the {} above, {} steps", scan->body.size(), step_count(graph, *scan));
  }
  return text;
}

}  // namespace qmn
