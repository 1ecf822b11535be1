// SPDX-License-Identifier: Apache-2.0
// graph/graph.h   The float IR: a subset of ONNX operator semantics, NCHW, nodes (nodes.h) in topological order.
//
// The first dimension of every activation is the batch: it is stored as 1 and any count may be run. Parameters are initializers.
#pragma once

#include "graph/nodes.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

using Shape = std::vector<std::int64_t>;  ///< extents, the batch first (1 in a Graph)
std::int64_t element_count(const Shape& shape);  ///< product of the extents
std::string to_string(const Shape& shape);  ///< "1x64x25x5"

struct Value {
  std::string name;  ///< unique, not empty
  Shape shape;       ///< filled by shape inference for activations
};

/// A constant or parameter.
struct Tensor {
  Shape shape;
  std::vector<float> data;  ///< row-major
};

struct Graph {
  std::string name;
  std::vector<Value> values;
  std::map<ValueId, Tensor> initializers;
  std::vector<Node> nodes;  ///< topological order
  ValueId input = kNoValue;
  ValueId output = kNoValue;  ///< of classifiers: the logits

  ValueId add_value(std::string value_name, Shape shape = {});
  ValueId add_initializer(std::string value_name, Tensor tensor);
  const Value& value(ValueId id) const { return values.at(static_cast<std::size_t>(id)); }
  Value& value(ValueId id) { return values.at(static_cast<std::size_t>(id)); }
  const Shape& shape(ValueId id) const { return value(id).shape; }
  const Tensor& initializer(ValueId id) const { return initializers.at(id); }
  Tensor& initializer(ValueId id) { return initializers.at(id); }
  bool is_initializer(ValueId id) const { return initializers.contains(id); }
  std::optional<ValueId> find(const std::string& value_name) const;
};

/// How often the body runs. Pre: shapes are inferred.
std::int64_t step_count(const Graph& graph, const Scan& scan);

/// Multiply-accumulates of one inference of the node; of Conv and Gemm, and of Scan: those of its body, times the steps.
std::int64_t mac_count(const Graph& graph, const Node& node);

/// Sets the shape of every node's outputs, in bodies too. Error (data) names the node, its shapes and the rule that they break.
void infer_shapes(Graph& graph);

/// Checks names, ids, order (every value is defined before its use, once), parameter shapes, finite parameters, and the shapes as inferred.
/// Error (data) names the node or tensor. Every reader calls it; every pass's test too.
void verify(const Graph& graph);

}  // namespace qmn
