// SPDX-License-Identifier: Apache-2.0
#include "passes/uses.h"

#include <algorithm>

namespace qmn {

int use_count(const Graph& graph, ValueId id) {
  std::ptrdiff_t count = graph.output == id ? 1 : 0;
  for_each_node(graph.nodes, [&](const Node& node) {
    const std::vector<ValueId> inputs = activation_inputs(node), constants = parameters(node);
    count += std::count(inputs.begin(), inputs.end(), id) + std::count(constants.begin(), constants.end(), id);
    if (const auto* scan = std::get_if<Scan>(&node)) {
      count += std::ranges::count(scan->states, id, &Scan::State::body_out) + std::ranges::count(scan->outputs, id, &Scan::Output::body_out);
    }
  });
  return static_cast<int>(count);
}

std::optional<std::size_t> producer_of(const std::vector<Node>& nodes, ValueId id) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (std::ranges::count(outputs_of(nodes[i]), id) > 0) return i;
  }
  return std::nullopt;
}

void redirect_uses(Graph& graph, ValueId from, ValueId to) {
  if (graph.output == from) graph.output = to;
  for_each_node(graph.nodes, [&](Node& node) {
    for (ValueId* id : id_slots(node)) {
      if (*id == from) *id = to;
    }
  });
}

void for_each_list(Graph& graph, const std::function<void(std::vector<Node>&)>& visit) {
  for (Node& node : graph.nodes) {
    if (auto* scan = std::get_if<Scan>(&node)) visit(scan->body);
  }
  visit(graph.nodes);
}

}  // namespace qmn
