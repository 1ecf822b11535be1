// SPDX-License-Identifier: Apache-2.0
// formats/graphdef_reader.h   One GraphDef on its way to a Draft: names, order, and a method for each operator.
// The methods live in graphdef_reader.cpp (names, order, output), graphdef_front_end.cpp (WAV bytes to features), graphdef_layers.cpp
// (layers), graphdef_shapes.cpp (operators that move data) and graphdef_loops.cpp (while loops).
#pragma once

#include "formats/draft_builder.h"
#include "formats/tensorflow_tensor.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace qmn {

/// Error (data) without the file's name: parse_graphdef adds it.
class GraphDefReader {
 public:
  explicit GraphDefReader(const tensorflow::Graph& in) : in_(in), build_(out_.draft) {}
  ForeignModel read(const std::string& wanted_output);

  using Handler = void (GraphDefReader::*)(const tensorflow::Node&);
  static const std::map<std::string, Handler>& handlers();

 private:
  // ---- names and order
  void index_nodes();
  std::string find_output() const;
  /// The nodes that `outputs` depend on, each behind those that it reads; in a loop's body it ends at what enters. Error (data) on a cycle.
  std::vector<const tensorflow::Node*> order(const std::vector<std::string>& outputs, bool is_body) const;
  std::vector<std::string> dependencies(const tensorflow::Node& node, bool is_body) const;
  const tensorflow::Node& node_of(const std::string& reference, const tensorflow::Node& reader) const;

  // ---- one node
  void read_node(const tensorflow::Node& node);
  static std::string title(const tensorflow::Node& node) { return node.op() + " " + node.name(); }
  /// "node", "node:0" → "node"; "node:1" stays.
  static std::string value_name(const std::string& reference);
  std::vector<std::string> inputs(const tensorflow::Node& node, std::size_t at_least) const;
  /// The constant behind an input, through Identity nodes. Error (data) when it is computed.
  DraftTensor constant(const tensorflow::Node& node, int index) const;
  const tensorflow::Attribute* attribute(const tensorflow::Node& node, const char* name, tensorflow::Attribute::ValueCase kind) const;
  std::string text(const tensorflow::Node& node, const char* name, const std::string& otherwise) const;
  std::int64_t integer(const tensorflow::Node& node, const char* name, std::int64_t otherwise) const;
  float real(const tensorflow::Node& node, const char* name, float otherwise) const;
  bool flag(const tensorflow::Node& node, const char* name, bool otherwise) const;
  std::vector<std::int64_t> integers(const tensorflow::Node& node, const char* name, const std::vector<std::int64_t>& otherwise) const;
  /// The same operator, inputs and name in ONNX.
  void same(const tensorflow::Node& node, const char* op, std::size_t input_count, DraftAttributes attributes = {});

  // ---- loops
  struct LoopVariable {
    const tensorflow::Node *merge = nullptr, *enter = nullptr, *next = nullptr, *branch = nullptr;
    const tensorflow::Node* exit = nullptr;  ///< nullptr: nobody asks for the last value
  };
  struct Loop {
    std::vector<LoopVariable> counters, states;
    std::vector<const tensorflow::Node*> reads;  ///< of a row a step
    std::vector<std::string> scanned;            ///< for each read: the sequence
    std::vector<std::string> outside;            ///< constants that the body reads
    std::string step_count;
  };
  const tensorflow::Node& input_node(const tensorflow::Node& node, std::size_t index, const char* op) const;
  const tensorflow::Node& behind_identities(const tensorflow::Node& node, std::size_t index) const;
  LoopVariable loop_variable(const tensorflow::Node& merge) const;
  bool is_counter(const LoopVariable& variable) const;
  Loop find_loop(const tensorflow::Node& exit) const;
  void collect_body(Loop& loop) const;
  std::vector<std::string> outside_of(const Loop& loop) const;
  Draft read_body(const Loop& loop);
  void read_exit(const tensorflow::Node& node);

  // ---- front end
  void read_placeholder(const tensorflow::Node& node);
  void read_mfcc(const tensorflow::Node& node);

  // ---- layers
  bool is_nhwc(const tensorflow::Node& node) const;
  /// Two numbers of an attribute that has one for each of the four dimensions; those of batch and channels must be 1.
  std::vector<std::int64_t> spatial(const tensorflow::Node& node, const char* name) const;
  /// strides, dilations and padding as ONNX attributes.
  DraftAttributes window(const tensorflow::Node& node) const;
  /// `op` on the data layout of the node.
  void windowed(const tensorflow::Node& node, const char* op, std::vector<std::string> inputs, DraftAttributes attributes);
  void read_conv(const tensorflow::Node& node);
  void read_depthwise(const tensorflow::Node& node);
  void read_pool(const tensorflow::Node& node);
  void read_batch_norm(const tensorflow::Node& node);
  void read_mat_mul(const tensorflow::Node& node);
  void read_bias_add(const tensorflow::Node& node);
  void read_relu6(const tensorflow::Node& node);
  void read_leaky_relu(const tensorflow::Node& node);
  void read_rsqrt(const tensorflow::Node& node);
  void read_square(const tensorflow::Node& node);
  void read_softmax(const tensorflow::Node& node);
  void read_unary(const tensorflow::Node& node);   ///< of the same name in ONNX
  void read_binary(const tensorflow::Node& node);  ///< of another name in ONNX

  // ---- operators that move data
  void read_const(const tensorflow::Node& node);
  void read_identity(const tensorflow::Node& node);
  void read_reshape(const tensorflow::Node& node);
  void read_squeeze(const tensorflow::Node& node);
  void read_expand_dims(const tensorflow::Node& node);
  void read_transpose(const tensorflow::Node& node);
  void read_concat(const tensorflow::Node& node);
  void read_pack(const tensorflow::Node& node);
  void read_split(const tensorflow::Node& node);
  void read_slice(const tensorflow::Node& node);
  void read_strided_slice(const tensorflow::Node& node);
  void read_pad(const tensorflow::Node& node);
  void read_reduce(const tensorflow::Node& node);
  void read_shape(const tensorflow::Node& node);
  void read_cast(const tensorflow::Node& node);
  void read_fill(const tensorflow::Node& node);
  void read_range(const tensorflow::Node& node);
  void read_gather(const tensorflow::Node& node);

  const tensorflow::Graph& in_;
  ForeignModel out_;
  DraftBuilder build_;
  std::map<std::string, const tensorflow::Node*> nodes_;
  std::set<const tensorflow::Node*> loops_;  ///< by the Merge of their first state: those that stand in the draft
};

}  // namespace qmn
