// SPDX-License-Identifier: Apache-2.0
// formats/draft.h   What a foreign model file says, in the words of ONNX (operators of opset 13), before it is known whether qmn can run it.
//
// Wider than graph/graph.h: any operator, any rank, integer tensors, several inputs and outputs, shape arithmetic, layout changes. Values are
// their names; nodes stand in topological order; an empty input name is an input that is left out. Readers of foreign formats make one,
// src/import/ turns it into a Graph or says why not.
//
// Beyond ONNX: a Conv without `group` has as many groups as its input channels need; a Transpose may read its perm as a second input; an operator without counterpart in ONNX keeps its
// own name behind a prefix ("tensorflow.Foo").
#pragma once

#include "graph/graph.h"
#include "metadata/metadata.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace qmn {

enum class ElementType { float32, int64, int32, int16, int8, uint8, boolean };
const char* element_type_name(ElementType type);

/// Numbers of any type as double: exact for all of them, for 64-bit integers within ±2^53.
struct DraftTensor {
  ElementType type = ElementType::float32;
  Shape shape;  ///< empty: a scalar; an extent may be 0
  std::vector<double> numbers;
  bool is_float() const { return type == ElementType::float32; }
};
DraftTensor integer_vector(const std::vector<std::int64_t>& integers);
DraftTensor float_scalar(double number);
/// The numbers as integers; those beyond ±2^53 are set to that bound.
std::vector<std::int64_t> as_integers(const DraftTensor& tensor);

struct Draft;
using DraftAttribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>,
                                    std::shared_ptr<const DraftTensor>, std::shared_ptr<const Draft>>;

struct DraftNode {
  std::string name, op;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, DraftAttribute> attributes;

  bool has_input(std::size_t index) const { return index < inputs.size() && !inputs[index].empty(); }
  std::string title() const { return op + " " + name; }

  // Each throws Error (data), naming the node, when the attribute is there but of another kind or beyond ±kMaxElements.
  std::int64_t integer(const char* attribute, std::int64_t otherwise) const;
  double real(const char* attribute, double otherwise) const;
  std::string text(const char* attribute, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const char* attribute, const std::vector<std::int64_t>& otherwise) const;
};

struct DraftInput {
  std::string name;
  Shape shape;  ///< -1: not given by the file
};

struct Draft {
  std::string name;
  std::vector<DraftInput> inputs;
  std::vector<std::string> outputs;
  std::map<std::string, DraftTensor> constants;
  std::vector<DraftNode> nodes;

  /// Error (data) when the name is taken, or when all constants together exceed kMaxDraftElements.
  void add_constant(const std::string& value_name, DraftTensor tensor);

 private:
  std::int64_t constant_elements_ = 0;
};

/// All constants of a draft together have no more elements: a splat of a few bytes must not fill the memory.
inline constexpr std::int64_t kMaxDraftElements = std::int64_t{1} << 25;

/// A foreign model file.
struct ForeignModel {
  Draft draft;
  std::optional<FrontEndSettings> front_end;  ///< when the file names them
  std::vector<std::string> labels;            ///< when the file names them
  std::vector<std::string> notes;             ///< what was changed on the way, a line each
};

}  // namespace qmn
