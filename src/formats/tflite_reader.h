// SPDX-License-Identifier: Apache-2.0
// formats/tflite_reader.h   One TFLite subgraph on its way to a Draft: tensors, and a method for each operator.
// The methods live in tflite_reader.cpp (file, tensors, names), tflite_constants.cpp (numbers), tflite_layers.cpp (layers) and
// tflite_shapes.cpp (operators that move data).
#pragma once

#include "base/error.h"
#include "formats/draft_builder.h"

#include <tflite_schema_generated.h>

#include <map>
#include <string>
#include <vector>

namespace qmn {

/// Error (data) without the file's name: parse_tflite adds it. Pre: the bytes passed flatbuffers' verifier as a Model.
class TfliteReader {
 public:
  TfliteReader(const std::string& bytes, const tflite::Model& model) : bytes_(bytes), model_(model), build_(out_.draft) {}
  ForeignModel read(const std::string& wanted_output);

  struct Row {
    const char* name;
    void (TfliteReader::*handler)(const tflite::Operator&);
  };
  /// By the number of the operator in the file.
  static const std::map<int, Row>& rows();
  /// The names of the rows that end in a net, sorted.
  static std::vector<std::string> operators();

 private:
  // ---- tensors
  void read_tensors();
  const tflite::Tensor& tensor(int index) const;
  static ElementType element_type(const tflite::Tensor& tensor, const std::string& name);
  /// Nothing for activations.
  std::optional<DraftTensor> numbers_of(const tflite::Tensor& tensor, const std::string& name);
  void read_inputs();

  // ---- one operator
  void read_operator(const tflite::Operator& op);
  std::string title() const { return op_name_ + " " + node_name_; }
  bool has_input(const tflite::Operator& op, std::size_t index) const;
  int input_index(const tflite::Operator& op, std::size_t index) const;
  const std::string& input(const tflite::Operator& op, std::size_t index) const { return names_.at(static_cast<std::size_t>(input_index(op, index))); }
  std::vector<std::string> inputs(const tflite::Operator& op) const;
  /// The numbers of a constant input. Error (data) when it is computed.
  DraftTensor constant(const tflite::Operator& op, std::size_t index) const;
  Shape shape_of_input(const tflite::Operator& op, std::size_t index) const;
  const std::string& output(const tflite::Operator& op) const;
  /// The operator's options as T, verified; all defaults when the file has none.
  template <class T>
  const T* options(const tflite::Operator& op) const;
  /// The name that the node before a fused activation gives its output, and then the activation itself.
  std::string before_activation(const tflite::Operator& op, int activation);
  void add_activation(const tflite::Operator& op, int activation, const std::string& from);
  void clip(const std::string& name, const std::string& from, const std::string& to, double low, double high);

  // ---- layers
  DraftAttributes window(int padding, int stride_h, int stride_w) const;
  void read_conv(const tflite::Operator& op);
  void read_depthwise(const tflite::Operator& op);
  void read_pool(const tflite::Operator& op);
  void read_fully_connected(const tflite::Operator& op);
  void read_arithmetic(const tflite::Operator& op);
  void read_function(const tflite::Operator& op);
  void read_relu6(const tflite::Operator& op);
  void read_relu_n1_to_1(const tflite::Operator& op);
  void read_leaky_relu(const tflite::Operator& op);
  void read_rsqrt(const tflite::Operator& op);
  void read_softmax(const tflite::Operator& op);
  void read_prelu(const tflite::Operator& op);

  // ---- operators that move data
  void read_identity(const tflite::Operator& op);
  void read_reshape(const tflite::Operator& op);
  void read_squeeze(const tflite::Operator& op);
  void read_expand_dims(const tflite::Operator& op);
  void read_transpose(const tflite::Operator& op);
  void read_concatenation(const tflite::Operator& op);
  void read_pack(const tflite::Operator& op);
  void read_split(const tflite::Operator& op);
  void read_slice(const tflite::Operator& op);
  void read_strided_slice(const tflite::Operator& op);
  void read_pad(const tflite::Operator& op);
  void read_reduce(const tflite::Operator& op);
  void read_shape(const tflite::Operator& op);
  void read_gather(const tflite::Operator& op);

  const std::string& bytes_;
  const tflite::Model& model_;
  const tflite::SubGraph* graph_ = nullptr;
  ForeignModel out_;
  DraftBuilder build_;
  std::vector<std::string> names_;        ///< of the tensors
  std::map<int, DraftTensor> constants_;  ///< by tensor
  bool has_integer_activations_ = false, has_dequantized_ = false;
  std::string op_name_, node_name_;       ///< of the operator at hand
};

template <class T>
const T* TfliteReader::options(const tflite::Operator& op) const {
  if (op.options() == nullptr) return nullptr;
  const auto* table = reinterpret_cast<const T*>(op.options());
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes_.data()), bytes_.size());
  if (!table->Verify(verifier)) fail_data("{}: its options are broken", title());
  return table;
}

}  // namespace qmn
