// SPDX-License-Identifier: Apache-2.0
// graph/graph.h   The float IR: a subset of ONNX operator semantics, NCHW, nodes as plain structs in a variant, in topological order.
//
// The first dimension of every activation is the batch: it is stored as 1 and any count may be run. Parameters are initializers.
// `Activation` on a node is the activation that directly follows it (passes/fuse_activation); its output is the value after it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace qmn {

using Shape = std::vector<std::int64_t>;
std::int64_t element_count(const Shape& shape);
std::string to_string(const Shape& shape);  ///< "1x64x25x5"

/// Index into Graph::values.
using ValueId = int;
inline constexpr ValueId kNoValue = -1;

struct Value {
  std::string name;  ///< unique, not empty
  Shape shape;       ///< filled by shape inference for activations
};

/// A constant or parameter.
struct Tensor {
  Shape shape;
  std::vector<float> data;  ///< row-major
};

enum class Activation { none, relu };

/// ONNX Conv, 2-D. weight [out, in/groups, kh, kw]; bias [out] or none.
struct Conv2d {
  std::string name;
  ValueId input = kNoValue, weight = kNoValue, bias = kNoValue, output = kNoValue;
  std::array<std::int64_t, 2> strides{1, 1};
  std::array<std::int64_t, 2> dilations{1, 1};
  std::array<std::int64_t, 4> pads{0, 0, 0, 0};  ///< top, left, bottom, right
  std::int64_t groups = 1;
  Activation activation = Activation::none;
};
/// ONNX Gemm with transB=1: [N, in] × weight [out, in]ᵀ + bias [out].
struct FullyConnected {
  std::string name;
  ValueId input = kNoValue, weight = kNoValue, bias = kNoValue, output = kNoValue;
  Activation activation = Activation::none;
};
/// ONNX BatchNormalization over channels (dimension 1); the four parameters are [channels].
struct BatchNorm {
  std::string name;
  ValueId input = kNoValue, scale = kNoValue, offset = kNoValue, mean = kNoValue, variance = kNoValue, output = kNoValue;
  float epsilon = 1e-3f;
  float momentum = 0.9f;  ///< ONNX: running = running * momentum + batch * (1 - momentum)
};
struct Relu {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
};
/// ONNX AveragePool, count_include_pad = 0. GlobalAveragePool is the kernel that covers the input.
struct AveragePool2d {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
  std::array<std::int64_t, 2> kernel{1, 1};
  std::array<std::int64_t, 2> strides{1, 1};
  std::array<std::int64_t, 4> pads{0, 0, 0, 0};
};
/// ONNX Flatten, axis 1.
struct Flatten {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
};
/// Identity except while training.
struct Dropout {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
  float ratio = 0.5f;
};
/// ONNX Softmax over the last axis.
struct Softmax {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
};

using Node = std::variant<Conv2d, FullyConnected, BatchNorm, Relu, AveragePool2d, Flatten, Dropout, Softmax>;

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

const std::string& node_name(const Node& node);
const char* op_type(const Node& node);                 ///< the ONNX operator: "Conv", "Gemm", …
std::vector<ValueId> activation_inputs(const Node& node);  ///< without parameters
std::vector<ValueId> parameters(const Node& node);     ///< the initializers that it reads, in ONNX order
ValueId output_of(const Node& node);

/// Multiply-accumulates of one inference of the node; 0 for everything but Conv and Gemm.
std::int64_t mac_count(const Graph& graph, const Node& node);

/// Sets the shape of every node's output. Error (data) names the node, its shapes and the rule that they break.
void infer_shapes(Graph& graph);

/// Checks names, ids, order (every value is defined before its use, once), parameter shapes, finite parameters, and the shapes as inferred.
/// Error (data) names the node or tensor. Every reader calls it; every pass's test too.
void verify(const Graph& graph);

}  // namespace qmn
