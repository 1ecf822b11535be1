// SPDX-License-Identifier: Apache-2.0
// passes/remove_unused.cpp     before: nodes, values and initializers     after: those that the output depends on, and the input
// Fires for every node whose output nobody reads, and for every value that no remaining node names. What remains keeps its order, so a
// graph without anything unused keeps its ids.
#include "passes/passes.h"

#include <algorithm>
#include <set>

namespace qmn {
namespace {

/// Keeps what `used` depends on, and adds that to it.
void keep_used(std::vector<Node>& nodes, std::set<ValueId>& used);

/// States that neither an output of the Scan nor a state that stays depends on go, then what only they needed.
void keep_used_body(Scan& scan, std::set<ValueId>& used) {
  const auto is_used = [&](ValueId id) { return used.contains(id); };
  std::erase_if(scan.outputs, [&](const Scan::Output& output) { return !is_used(output.outer); });
  for (Scan::State& state : scan.states) {
    if (!is_used(state.final_out)) state.final_out = kNoValue;
  }
  for (const Scan::Output& output : scan.outputs) used.insert(output.body_out);
  std::set<const Scan::State*> kept;
  std::vector<Node> all = scan.body;
  for (bool has_grown = true; has_grown;) {
    has_grown = false;
    scan.body = all;
    keep_used(scan.body, used);  // what the outputs and the states so far depend on, other states among them
    for (const Scan::State& state : scan.states) {
      if ((state.final_out == kNoValue && !is_used(state.body_in)) || !kept.insert(&state).second) continue;
      used.insert({state.body_in, state.body_out, state.initial});
      has_grown = true;
    }
  }
  std::erase_if(scan.states, [&](const Scan::State& state) { return !kept.contains(&state); });
  // A Scan counts its steps by an input: the first stays, read or not.
  std::erase_if(scan.inputs, [&](const Scan::Input& input) { return &input != &scan.inputs.front() && !is_used(input.body_in); });
  for (const Scan::Input& input : scan.inputs) used.insert({input.body_in, input.outer});
}

void keep_used(std::vector<Node>& nodes, std::set<ValueId>& used) {
  std::vector<Node> kept;
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    const std::vector<ValueId> outputs = outputs_of(*node);
    if (std::ranges::none_of(outputs, [&](ValueId id) { return used.contains(id); })) continue;
    if (auto* scan = std::get_if<Scan>(&*node)) {
      keep_used_body(*scan, used);
    } else {
      for (const auto& ids : {activation_inputs(*node), parameters(*node)}) used.insert(ids.begin(), ids.end());
    }
    kept.push_back(std::move(*node));
  }
  std::ranges::reverse(kept);
  nodes = std::move(kept);
}

}  // namespace

void remove_unused(Graph& graph) {
  std::set<ValueId> used{graph.input, graph.output};
  keep_used(graph.nodes, used);

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
  for_each_node(graph.nodes, [&](Node& node) {
    for (ValueId* id : id_slots(node)) renumber(*id);
  });
  renumber(graph.input);
  renumber(graph.output);
  graph.values = std::move(values);
  graph.initializers = std::move(initializers);
}

}  // namespace qmn
