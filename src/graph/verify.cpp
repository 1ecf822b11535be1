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
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    check_name(node_name(graph.nodes[i]), fmt::format("node {} ({})", i, op_type(graph.nodes[i])));
    if (!seen.insert(node_name(graph.nodes[i])).second) fail_data("two nodes are called {}", node_name(graph.nodes[i]));
  }
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
  for (const Node& node : graph.nodes) {
    const auto* norm = std::get_if<BatchNorm>(&node);
    if (norm == nullptr) continue;
    for (float variance : graph.initializer(norm->variance).data) {
      if (variance < 0 || variance + norm->epsilon <= 0) {
        fail_data("BatchNormalization {}: variance {} with epsilon {} has no positive square root", norm->name, variance, norm->epsilon);
      }
    }
  }
}

}  // namespace

void check_structure(const Graph& graph) {
  const auto in_range = [&](ValueId id) { return id >= 0 && id < static_cast<ValueId>(graph.values.size()); };
  if (!in_range(graph.input)) fail_data("the graph has no input");
  if (!in_range(graph.output)) fail_data("the graph has no output");
  for (const auto& [id, tensor] : graph.initializers) {
    if (!in_range(id)) fail_data("an initializer has the id {}, but there are {} values", id, graph.values.size());
  }
  if (graph.is_initializer(graph.input)) fail_data("the input {} is an initializer too", graph.value(graph.input).name);
  std::set<ValueId> defined{graph.input};
  for (const Node& node : graph.nodes) {
    const std::string title = fmt::format("{} {}", op_type(node), node_name(node));
    for (ValueId id : activation_inputs(node)) {
      if (!in_range(id)) fail_data("{}: an input is missing", title);
      if (graph.is_initializer(id)) fail_data("{}: its input {} is a constant, but an activation is needed", title, graph.value(id).name);
      if (!defined.contains(id)) fail_data("{}: its input {} is not defined before it", title, graph.value(id).name);
    }
    for (ValueId id : parameters(node)) {
      if (!in_range(id)) fail_data("{}: a parameter is missing", title);
      if (!graph.is_initializer(id)) fail_data("{}: its parameter {} is not a constant", title, graph.value(id).name);
    }
    if (lacks_parameter(node)) fail_data("{}: a parameter is missing", title);
    const ValueId out = output_of(node);
    if (!in_range(out)) fail_data("{}: it has no output", title);
    if (graph.is_initializer(out)) fail_data("{}: its output {} is an initializer too", title, graph.value(out).name);
    if (!defined.insert(out).second) fail_data("{}: its output {} is defined twice", title, graph.value(out).name);
  }
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
  for (const Node& node : graph.nodes) {
    const Shape expected = output_shape(graph, node);
    const Value& out = graph.value(output_of(node));
    if (out.shape != expected) {
      fail_data("{} {}: its output {} is said to have shape {}, but has {}", op_type(node), node_name(node), out.name, to_string(out.shape),
                to_string(expected));
    }
  }
  check_variances(graph);
}

}  // namespace qmn
