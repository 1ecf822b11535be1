// SPDX-License-Identifier: Apache-2.0
// graph/verify.cpp   Everything that the rest of qmn takes for granted about a graph.
#include "graph/shape_rules.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

namespace qmn {
namespace {

/// Names go into one-line messages, tables and C comments.
void check_name(const std::string& name, const std::string& what) {
  constexpr std::size_t kMaxNameBytes = 256;
  if (name.empty()) fail_data("{} has no name", what);
  if (name.size() > kMaxNameBytes) fail_data("{} has a name of {} bytes (at most {})", what, name.size(), kMaxNameBytes);
  for (char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) fail_data("{} has a control character in its name", what);
  }
}

void check_names(const Graph& graph) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    check_name(graph.values[i].name, fmt::format("value {}", i));
    if (!seen.insert(graph.values[i].name).second) fail_data("two values are called {}", graph.values[i].name);
  }
  seen.clear();
  std::size_t index = 0;
  for_each_node(graph.nodes, [&](const Node& node) {
    check_name(node_name(node), fmt::format("node {} ({})", index++, op_type(node)));
    if (!seen.insert(node_name(node)).second) fail_data("two nodes are called {}", node_name(node));
  });
}

void check_tensors(const Graph& graph) {
  for (const auto& [id, tensor] : graph.initializers) {
    const std::string& name = graph.value(id).name;
    check_shape(tensor.shape, fmt::format("the tensor {}", name));
    if (tensor.shape != graph.shape(id))
      fail_data("the tensor {} has shape {}, but its value {}", name, to_string(tensor.shape), to_string(graph.shape(id)));
    if (static_cast<std::int64_t>(tensor.data.size()) != element_count(tensor.shape)) {
      fail_data("the tensor {} of shape {} holds {} numbers", name, to_string(tensor.shape), tensor.data.size());
    }
    const auto broken = std::find_if_not(tensor.data.begin(), tensor.data.end(), [](float real) { return std::isfinite(real); });
    if (broken != tensor.data.end())
      fail_data("the tensor {} holds {} at index {}: parameters are finite numbers", name, *broken, broken - tensor.data.begin());
  }
}

/// Of Add, Sub, Mul.
bool has_two_right_operands(const Node& node) {
  return std::visit(
      [](const auto& n) {
        if constexpr (requires { n.constant; }) return n.right != kNoValue && n.constant != kNoValue;
        return false;
      },
      node);
}

/// Only a bias may be left out.
bool lacks_parameter(const Node& node) {
  if (const auto* norm = std::get_if<BatchNorm>(&node)) {
    return norm->scale == kNoValue || norm->offset == kNoValue || norm->mean == kNoValue || norm->variance == kNoValue;
  }
  if (const auto* conv = std::get_if<Conv2d>(&node)) return conv->weight == kNoValue;
  if (const auto* dense = std::get_if<FullyConnected>(&node)) return dense->weight == kNoValue;
  return false;
}

void check_variances(const Graph& graph) {
  for_each_node(graph.nodes, [&](const Node& node) {
    const auto* norm = std::get_if<BatchNorm>(&node);
    if (norm == nullptr) return;
    for (float variance : graph.initializer(norm->variance).data) {
      if (variance < 0 || variance + norm->epsilon <= 0) {
        fail_data("BatchNormalization {}: variance {} with epsilon {} has no positive square root", norm->name, variance, norm->epsilon);
      }
    }
  });
}

/// Walks the nodes in order; `defined` is what the node at hand may read.
class StructureCheck {
 public:
  explicit StructureCheck(const Graph& graph) : graph_(graph) {}

  void check(const std::vector<Node>& nodes, std::set<ValueId>& defined, bool is_body) {
    for (const Node& node : nodes) {
      const std::string title = fmt::format("{} {}", op_type(node), node_name(node));
      check_reads(node, title, defined);
      if (const auto* scan = std::get_if<Scan>(&node)) {
        if (is_body) fail_data("{}: a Scan inside the body of a Scan is not supported", title);
        check_body(*scan, title);
      }
      for (ValueId out : outputs_of(node)) define(out, title, defined);
    }
  }

  bool is_in_range(ValueId id) const { return id >= 0 && id < static_cast<ValueId>(graph_.values.size()); }
  void define(ValueId id, const std::string& title, std::set<ValueId>& defined) {
    if (!is_in_range(id)) fail_data("{}: it has no output", title);
    if (graph_.is_initializer(id)) fail_data("{}: its output {} is an initializer too", title, graph_.value(id).name);
    if (!everywhere_.insert(id).second) fail_data("{}: its output {} is defined twice", title, graph_.value(id).name);
    defined.insert(id);
  }

 private:
  void check_reads(const Node& node, const std::string& title, const std::set<ValueId>& defined) const {
    const std::vector<ValueId> inputs = activation_inputs(node);
    if (inputs.empty()) fail_data("{}: an input is missing", title);
    for (ValueId id : inputs) {
      if (!is_in_range(id)) fail_data("{}: an input is missing", title);
      if (graph_.is_initializer(id)) fail_data("{}: its input {} is a constant, but an activation is needed", title, graph_.value(id).name);
      if (!defined.contains(id)) fail_data("{}: its input {} is not defined before it", title, graph_.value(id).name);
    }
    for (ValueId id : parameters(node)) {
      if (!is_in_range(id)) fail_data("{}: a parameter is missing", title);
      if (!graph_.is_initializer(id)) fail_data("{}: its parameter {} is not a constant", title, graph_.value(id).name);
    }
    if (lacks_parameter(node)) fail_data("{}: a parameter is missing", title);
    if (has_two_right_operands(node)) fail_data("{}: it has both an activation and a constant on its right", title);
  }

  void check_body(const Scan& scan, const std::string& title) {
    std::set<ValueId> inside;
    for (const Scan::Input& input : scan.inputs) define(input.body_in, title, inside);
    for (const Scan::State& state : scan.states) define(state.body_in, title, inside);
    check(scan.body, inside, true);
    const auto check_result = [&](ValueId id) {
      if (!is_in_range(id)) fail_data("{}: a result of its body is missing", title);
      if (!inside.contains(id)) fail_data("{}: {} is not computed by its body", title, graph_.value(id).name);
    };
    for (const Scan::State& state : scan.states) check_result(state.body_out);
    for (const Scan::Output& output : scan.outputs) check_result(output.body_out);
    if (outputs_of(scan).empty()) fail_data("{}: it has no output", title);
  }

  const Graph& graph_;
  std::set<ValueId> everywhere_;  ///< defined so far, in bodies too
};

}  // namespace

void check_structure(const Graph& graph) {
  const auto in_range = [&](ValueId id) { return id >= 0 && id < static_cast<ValueId>(graph.values.size()); };
  if (!in_range(graph.input)) fail_data("the graph has no input");
  if (!in_range(graph.output)) fail_data("the graph has no output");
  for (const auto& [id, tensor] : graph.initializers) {
    if (!in_range(id)) fail_data("an initializer has the id {}, but there are {} values", id, graph.values.size());
  }
  if (graph.is_initializer(graph.input)) fail_data("the input {} is an initializer too", graph.value(graph.input).name);
  StructureCheck check(graph);
  std::set<ValueId> defined;
  check.define(graph.input, "the graph", defined);
  check.check(graph.nodes, defined, false);
  if (!defined.contains(graph.output)) fail_data("the output {} is computed by no node", graph.value(graph.output).name);
}

void verify(const Graph& graph) {
  check_structure(graph);
  check_names(graph);
  const Shape& in = graph.shape(graph.input);
  check_shape(in, fmt::format("the input {}", graph.value(graph.input).name));
  if (in.size() < 2 || in[0] != 1) {
    fail_data("the input {} has shape {}: a batch dimension (stored as 1) and at least one other are needed", graph.value(graph.input).name,
              to_string(in));
  }
  check_tensors(graph);
  const auto compare = [&](const Node& node, ValueId id, const Shape& expected) {
    const Value& out = graph.value(id);
    if (out.shape != expected) {
      fail_data("{} {}: its output {} is said to have shape {}, but has {}", op_type(node), node_name(node), out.name, to_string(out.shape),
                to_string(expected));
    }
  };
  for (const Node& node : graph.nodes) settle_shapes(graph, node, compare);
  check_variances(graph);
}

}  // namespace qmn
