// SPDX-License-Identifier: Apache-2.0
// graph/nodes.h   The operators of the float IR as plain structs: ONNX operator semantics. Ids name values of the graph (graph.h).
//
// Activations are NCHW images or rows; dimension 0 is the batch. `Activation` on a node is the activation that directly follows it
// (passes/fuse_activation); its output is the value after it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace qmn {

/// Index into Graph::values.
using ValueId = int;
inline constexpr ValueId kNoValue = -1;  ///< where an operand may be missing

enum class Activation { none, relu, relu6 };  ///< relu6: min(max(0, x), 6)

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

/// ONNX MaxPool; padding never wins.
struct MaxPool2d {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
  std::array<std::int64_t, 2> kernel{1, 1};
  std::array<std::int64_t, 2> strides{1, 1};
  std::array<std::int64_t, 4> pads{0, 0, 0, 0};
};
/// ONNX Add, Sub, Mul: left ∘ right. The right operand is an activation of the same shape (`right`), or an initializer (`constant`) of one
/// number, or of one number a channel (dimension 1), shaped so that it broadcasts: [channels] behind [1, channels], [channels, 1, 1] behind
/// an image. Exactly one of the two is set.
struct Add {
  std::string name;
  ValueId left = kNoValue, right = kNoValue, constant = kNoValue, output = kNoValue;
  Activation activation = Activation::none;
};
struct Sub {
  std::string name;
  ValueId left = kNoValue, right = kNoValue, constant = kNoValue, output = kNoValue;
  Activation activation = Activation::none;
};
struct Mul {
  std::string name;
  ValueId left = kNoValue, right = kNoValue, constant = kNoValue, output = kNoValue;
  Activation activation = Activation::none;
};
/// ONNX Concat along an axis behind the batch; all other extents are equal.
struct Concat {
  std::string name;
  std::vector<ValueId> inputs;
  std::int64_t axis = 1;
  ValueId output = kNoValue;
};
/// ONNX Slice of one axis behind the batch, step 1: elements start … end - 1.
struct Slice {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
  std::int64_t axis = 1, start = 0, end = 0;
};
struct Sigmoid {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
};
struct Tanh {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
};
/// ONNX Clip: min(max(low, x), high), low <= high.
struct Clamp {
  std::string name;
  ValueId input = kNoValue, output = kNoValue;
  float low = 0, high = 6;
};

struct Node;

/// ONNX Scan: the body runs once for each step of its inputs, in order, and carries its states from step to step.
/// The body's values and initializers stand in the tables of the graph around it; body nodes read values of the body and initializers, and
/// nothing outside reads a value of the body. In the body, dimension 0 is the batch too. A body holds no Scan.
struct Scan {
  /// body_in is `initial` in the first step, then body_out of the step before. `initial` is an initializer of the state's shape (batch 1);
  /// it has no format of its own: it is read in the format of body_in. body_in, body_out and final_out carry one format.
  struct State {
    ValueId initial = kNoValue, body_in = kNoValue, body_out = kNoValue;
    ValueId final_out = kNoValue;  ///< after the last step; kNoValue: nobody asks
  };
  /// body_in has the shape of `outer` without `axis` (at least 1); all inputs have equally many steps. They carry one format.
  struct Input {
    ValueId outer = kNoValue, body_in = kNoValue;
    std::int64_t axis = 1;
  };
  /// `outer` has the shape of body_out with the steps inserted at `axis` (at least 1). They carry one format.
  struct Output {
    ValueId body_out = kNoValue, outer = kNoValue;
    std::int64_t axis = 1;
  };
  std::string name;
  std::vector<State> states;
  std::vector<Input> inputs;    ///< at least one
  std::vector<Output> outputs;  ///< the values of all steps
  std::vector<Node> body;       ///< topological order
};

/// A struct and no alias, so that a Scan can hold nodes.
struct Node : std::variant<Conv2d, FullyConnected, BatchNorm, Relu, AveragePool2d, MaxPool2d, Flatten, Dropout, Softmax, Add, Sub, Mul, Concat,
                           Slice, Sigmoid, Tanh, Clamp, Scan> {
  using variant::variant;
};

const std::string& node_name(const Node& node);  ///< of the node, for messages and listings
const char* op_type(const Node& node);                     ///< the ONNX operator: "Conv", "Gemm", …
std::vector<ValueId> activation_inputs(const Node& node);  ///< without parameters; of a Scan: what it scans
std::vector<ValueId> parameters(const Node& node);         ///< the initializers that it reads, in ONNX order; of a Scan: the initial states
/// What the node defines for those behind it; of a Scan the final states, then the stacked outputs.
std::vector<ValueId> outputs_of(const Node& node);
ValueId output_of(const Node& node);  ///< Pre: the node has exactly one output

/// The places where a node keeps the ids above and, of a Scan, those that tie its body to it (not those inside body nodes): for rewriting.
std::vector<ValueId*> id_slots(Node& node);

/// Calls visit(node) for every node in order of execution; the nodes of a Scan's body come before the Scan.
template <class Nodes, class Visit>
void for_each_node(Nodes& nodes, const Visit& visit) {
  for (auto& node : nodes) {
    if (auto* scan = std::get_if<Scan>(&node)) for_each_node(scan->body, visit);
    visit(node);
  }
}

}  // namespace qmn
