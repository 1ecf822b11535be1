// SPDX-License-Identifier: Apache-2.0
// passes/remove_unused.cpp     before: nodes, values and initializers     after: those that the output depends on, and the input
// Fires for every node whose output nobody reads, and for every value that no remaining node names. What remains keeps its order, so a
// graph without anything unused keeps its ids.
#include "passes/passes.h"

#include <algorithm>
#include <set>

namespace qmn {
namespace {

/// Applies `renumber` to every id that a node holds.
template <class Renumber>
void renumber_node(Node& node, const Renumber& renumber) {
  std::visit(
      [&](auto& n) {
        renumber(n.input);
        renumber(n.output);
        if constexpr (requires { n.weight; }) {
          renumber(n.weight);
          renumber(n.bias);
        }
        if constexpr (requires { n.variance; }) {
          for (ValueId* id : {&n.scale, &n.offset, &n.mean, &n.variance}) renumber(*id);
        }
      },
      node);
}

}  // namespace

void remove_unused(Graph& graph) {
  std::set<ValueId> used{graph.input, graph.output};
  std::vector<Node> kept;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (!used.contains(output_of(*node))) continue;
    used.merge([&] {
      const std::vector<ValueId> inputs = activation_inputs(*node), constants = parameters(*node);
      std::set<ValueId> read(inputs.begin(), inputs.end());
      read.insert(constants.begin(), constants.end());
      return read;
    }());
    kept.push_back(std::move(*node));
  }
  std::reverse(kept.begin(), kept.end());

  std::map<ValueId, ValueId> new_ids;
  std::vector<Value> values;
  std::map<ValueId, Tensor> initializers;
  for (ValueId id : used) {
    new_ids[id] = static_cast<ValueId>(values.size());
    if (graph.is_initializer(id)) initializers.emplace(new_ids[id], std::move(graph.initializer(id)));
    values.push_back(std::move(graph.value(id)));
  }
  const auto renumber = [&](ValueId& id) {
    if (id != kNoValue) id = new_ids.at(id);
  };
  for (Node& node : kept) renumber_node(node, renumber);
  renumber(graph.input);
  renumber(graph.output);
  graph.nodes = std::move(kept);
  graph.values = std::move(values);
  graph.initializers = std::move(initializers);
}

}  // namespace qmn
