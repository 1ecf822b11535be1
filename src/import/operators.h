// SPDX-License-Identifier: Apache-2.0
// import/operators.h   The operators of a draft that are understood: what shape comes out, and, where constants can meet it, which numbers.
// Definitions: ONNX operator set 13. One table row an operator; the rows stand in operators_*.cpp, a family each.
#pragma once

#include "formats/draft.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace qmn {

/// What is known of a value of a draft.
struct ValueInfo {
  ElementType type = ElementType::float32;
  Shape shape;
  std::shared_ptr<const DraftTensor> constant;  ///< set when the value does not depend on the net's input
};

/// A node and what it reads; a left-out input is nullptr, one at the end is not there. The accessors throw Error (data), naming the node.
class OperatorCall {
 public:
  OperatorCall(const DraftNode& node, std::vector<const ValueInfo*> in) : node(node), in(std::move(in)) {}
  const DraftNode& node;
  const std::vector<const ValueInfo*> in;

  bool has(std::size_t index) const { return index < in.size() && in[index] != nullptr; }
  const ValueInfo& input(std::size_t index) const;
  const Shape& shape(std::size_t index) const { return input(index).shape; }
  const DraftTensor& constant(std::size_t index) const;
  std::vector<std::int64_t> constant_integers(std::size_t index) const { return as_integers(constant(index)); }
  std::size_t rank(std::size_t index) const { return shape(index).size(); }
  /// -rank … rank - 1 → 0 … rank - 1
  std::size_t axis(std::int64_t axis, std::size_t rank) const;
  /// The axes of attribute or input `axes`, sorted, each once; all when neither is there.
  std::vector<std::size_t> axes(std::size_t input_index, std::size_t rank) const;
};

struct OperatorRow {
  std::vector<ValueInfo> (*infer)(const OperatorCall&);  ///< types and shapes of the outputs
  /// The numbers of the outputs, whose shapes are given; nullptr: not folded. Pre: every input is constant.
  std::vector<DraftTensor> (*evaluate)(const OperatorCall&, const std::vector<ValueInfo>&);
  std::size_t min_inputs = 1, max_inputs = 1;
};
inline constexpr std::size_t kAnyCount = 1000;

/// nullptr: not understood.
const OperatorRow* find_operator(const std::string& op);
std::vector<std::string> understood_operators();

// The families. Each adds its rows.
using OperatorTable = std::map<std::string, OperatorRow>;
void add_elementwise_operators(OperatorTable& table);
void add_layer_operators(OperatorTable& table);
void add_fixed_point_operators(OperatorTable& table);
void add_movement_operators(OperatorTable& table);
void add_shape_operators(OperatorTable& table);
void add_reduction_operators(OperatorTable& table);

// ---- shared by the families and by the passes

/// The numbers `numbers[offset + Σ index_i · strides_i]` for each index of `shape`, row-major: transposes, slices and broadcasts.
DraftTensor strided(const DraftTensor& tensor, const Shape& shape, std::int64_t offset, const std::vector<std::int64_t>& strides);
std::vector<std::int64_t> row_major_strides(const Shape& shape);
/// NumPy's rule. Error (data), naming the node, where two shapes do not fit.
Shape broadcast(const OperatorCall& call, const Shape& a, const Shape& b);
DraftTensor broadcast_to(const DraftTensor& tensor, const Shape& shape);
/// result.shape[i] = shape[perm[i]]
DraftTensor transposed(const DraftTensor& tensor, const std::vector<std::size_t>& perm);
Shape permuted(const Shape& shape, const std::vector<std::size_t>& perm);

}  // namespace qmn
