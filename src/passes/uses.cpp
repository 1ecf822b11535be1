// SPDX-License-Identifier: Apache-2.0
#include "passes/uses.h"

#include <algorithm>

namespace qmn {

int use_count(const Graph& graph, ValueId id) {
  std::ptrdiff_t count = graph.output == id ? 1 : 0;
  for (const Node& node : graph.nodes) {
    const std::vector<ValueId> inputs = activation_inputs(node), constants = parameters(node);
    count += std::count(inputs.begin(), inputs.end(), id) + std::count(constants.begin(), constants.end(), id);
  }
  return static_cast<int>(count);
}

std::optional<std::size_t> producer_of(const Graph& graph, ValueId id) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (output_of(graph.nodes[i]) == id) return i;
  }
  return std::nullopt;
}

void redirect_uses(Graph& graph, ValueId from, ValueId to) {
  if (graph.output == from) graph.output = to;
  for (Node& node : graph.nodes) {
    std::visit(
        [&](auto& n) {
          if (n.input == from) n.input = to;
        },
        node);
  }
}

}  // namespace qmn
