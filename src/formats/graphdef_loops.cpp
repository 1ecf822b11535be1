// SPDX-License-Identifier: Apache-2.0
// formats/graphdef_loops.cpp   A while loop of TensorFlow 1 that walks along a sequence ⇒ Scan.
//   Enter → Merge → Switch → (body) → NextIteration → Merge, and Switch → Exit     for the counter and for each state
//   LoopCond ← Less(counter, steps);   counter + 1;   TensorArrayReadV3(counter) of rows that TensorArrayScatterV3 laid out in order
//   Enter with is_constant                                                         what the body reads from around it
#include "formats/graphdef_reader.h"

#include "base/error.h"

#include <algorithm>

namespace qmn {

const tensorflow::Node& GraphDefReader::input_node(const tensorflow::Node& node, std::size_t index, const char* op) const {
  const tensorflow::Node& found = node_of(inputs(node, index + 1)[index], node);
  if (found.op() != op) fail_data("{}: a loop of an unknown form: it reads {} where {} is expected", title(node), title(found), op);
  return found;
}

const tensorflow::Node& GraphDefReader::behind_identities(const tensorflow::Node& node, std::size_t index) const {
  const tensorflow::Node* found = &node_of(inputs(node, index + 1)[index], node);
  for (int steps = 0; found->op() == "Identity" && steps < in_.node_size(); ++steps) found = &node_of(inputs(*found, 1)[0], *found);
  return *found;
}

GraphDefReader::LoopVariable GraphDefReader::loop_variable(const tensorflow::Node& merge) const {
  LoopVariable variable{.merge = &merge};
  for (std::size_t i = 0; i < 2; ++i) {
    const tensorflow::Node& source = node_of(inputs(merge, 2)[i], merge);
    if (source.op() == "Enter") variable.enter = &source;
    if (source.op() == "NextIteration") variable.next = &source;
  }
  if (variable.enter == nullptr || variable.next == nullptr) fail_data("{}: a loop of an unknown form", title(merge));
  for (const tensorflow::Node& node : in_.node()) {
    if (node.op() == "Switch" && &node_of(inputs(node, 2)[0], node) == &merge) variable.branch = &node;
  }
  if (variable.branch == nullptr) fail_data("{}: a loop of an unknown form: no Switch reads it", title(merge));
  for (const tensorflow::Node& node : in_.node()) {
    if (node.op() == "Exit" && &node_of(inputs(node, 1)[0], node) == variable.branch) variable.exit = &node;
  }
  return variable;
}

bool GraphDefReader::is_counter(const LoopVariable& variable) const {
  const tensorflow::Node& start = behind_identities(*variable.enter, 0);
  const tensorflow::Node& step = behind_identities(*variable.next, 0);
  const tensorflow::Attribute* value = attribute(start, "value", tensorflow::Attribute::kTensor);
  if (value == nullptr || start.op() != "Const" || (step.op() != "Add" && step.op() != "AddV2")) return false;
  if (decode(value->tensor(), start.name()).is_float()) return false;
  if (&behind_identities(step, 0) != variable.branch || constant(step, 1).numbers != std::vector<double>{1}) return false;
  return constant(*variable.enter, 0).numbers == std::vector<double>{0};
}

GraphDefReader::Loop GraphDefReader::find_loop(const tensorflow::Node& exit) const {
  const tensorflow::Node& branch = input_node(exit, 0, "Switch");
  const LoopVariable one = loop_variable(input_node(branch, 0, "Merge"));
  const std::string frame = text(*one.enter, "frame_name", "");
  Loop loop;
  const LoopVariable* counter = nullptr;
  constexpr std::ptrdiff_t kMaxVariables = 64;
  if (std::count_if(in_.node().begin(), in_.node().end(), [](const tensorflow::Node& node) { return node.op() == "Merge" || node.op() == "Exit"; }) > kMaxVariables)
    fail_data("{}: more than {} loop variables", title(exit), kMaxVariables);
  for (const tensorflow::Node& node : in_.node()) {
    if (node.op() != "Merge") continue;
    const LoopVariable variable = loop_variable(node);
    if (text(*variable.enter, "frame_name", "") != frame) continue;
    (is_counter(variable) ? loop.counters : loop.states).push_back(variable);
  }
  const tensorflow::Node& less = input_node(input_node(branch, 1, "LoopCond"), 0, "Less");
  for (const LoopVariable& variable : loop.counters) {
    if (&behind_identities(less, 0) == variable.merge) counter = &variable;
  }
  if (counter == nullptr) fail_data("{}: a loop of an unknown form: its end does not depend on a counter", title(less));
  loop.step_count = value_name(inputs(input_node(less, 1, "Enter"), 1)[0]);
  if (loop.states.empty()) fail_data("{}: the loop carries no state", title(exit));
  collect_body(loop);
  return loop;
}

/// What the states' next values depend on: rows, and constants from around the loop.
void GraphDefReader::collect_body(Loop& loop) const {
  std::vector<std::string> results;
  for (const LoopVariable& state : loop.states) results.push_back(inputs(*state.next, 1)[0]);
  const auto is_of_counter = [&](const tensorflow::Node& node) {
    return std::any_of(loop.counters.begin(), loop.counters.end(), [&](const LoopVariable& counter) { return counter.branch == &node; });
  };
  for (const tensorflow::Node* node : order(results, true)) {
    if (node->op() == "Enter") loop.outside.push_back(value_name(inputs(*node, 1)[0]));
    if (node->op() != "TensorArrayReadV3") continue;
    if (!is_of_counter(behind_identities(*node, 1))) fail_data("{}: it does not read row by row", title(*node));
    const tensorflow::Node& scatter = input_node(input_node(*node, 2, "Enter"), 0, "TensorArrayScatterV3");
    const tensorflow::Node& rows = input_node(scatter, 1, "Range");
    if (constant(rows, 0).numbers != std::vector<double>{0} || constant(rows, 2).numbers != std::vector<double>{1})
      fail_data("{}: its rows do not lie in order", title(scatter));
    loop.reads.push_back(node);
    loop.scanned.push_back(value_name(inputs(scatter, 3)[2]));
  }
  if (loop.reads.empty()) fail_data("{}: the loop reads no sequence", title(*loop.states.at(0).merge));
}

std::vector<std::string> GraphDefReader::outside_of(const Loop& loop) const {
  std::vector<std::string> references = loop.outside;
  for (const LoopVariable& state : loop.states) references.push_back(inputs(*state.enter, 1)[0]);
  references.insert(references.end(), loop.scanned.begin(), loop.scanned.end());
  references.push_back(loop.step_count);
  return references;
}

Draft GraphDefReader::read_body(const Loop& loop) {
  GraphDefReader inner(in_);
  inner.nodes_ = nodes_;
  inner.build_.reserve_all(build_);
  inner.out_.draft.name = loop.states.at(0).merge->name() + "/body";
  std::vector<std::string> results;
  for (const LoopVariable& state : loop.states) {
    inner.out_.draft.inputs.push_back({state.branch->name() + ":1", {}});
    results.push_back(inputs(*state.next, 1)[0]);
    inner.out_.draft.outputs.push_back(value_name(results.back()));
  }
  for (const tensorflow::Node* read : loop.reads) inner.out_.draft.inputs.push_back({read->name(), {}});
  for (const tensorflow::Node* node : order(results, true)) {
    if (node->op() == "Enter") inner.build_.node("Identity", node->name(), {value_name(inputs(*node, 1)[0])}, node->name());
    else if (node->op() != "Switch" && node->op() != "TensorArrayReadV3") inner.read_node(*node);
  }
  build_.reserve_all(inner.build_);
  return std::move(inner.out_.draft);
}

void GraphDefReader::read_exit(const tensorflow::Node& node) {
  const Loop loop = find_loop(node);
  if (!loops_.insert(loop.states.at(0).merge).second) return;  // another Exit of the same loop made it
  DraftNode scan{loop.states.at(0).merge->name() + "/scan", "Scan", {}, {}, {{"has_trip_count", std::int64_t{1}}, {"num_scan_inputs", std::ssize(loop.scanned)}}};
  for (const LoopVariable& state : loop.states) {
    scan.inputs.push_back(value_name(inputs(*state.enter, 1)[0]));
    scan.outputs.push_back(state.exit == nullptr ? build_.fresh(state.merge->name() + "/unused") : state.exit->name());
  }
  scan.inputs.insert(scan.inputs.end(), loop.scanned.begin(), loop.scanned.end());
  scan.inputs.push_back(loop.step_count);
  scan.attributes["body"] = std::make_shared<const Draft>(read_body(loop));
  out_.draft.nodes.push_back(std::move(scan));
}

}  // namespace qmn
