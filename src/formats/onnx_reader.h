// SPDX-License-Identifier: Apache-2.0
// formats/onnx_reader.h   One ONNX graph on its way to a Model: what its names stand for, and a method for each operator.
// The methods live in onnx_reader.cpp (names, input, output), onnx_reader_checks.cpp (before anything is built),
// onnx_reader_layers.cpp and onnx_reader_elementwise.cpp (operators), onnx_reader_scan.cpp and onnx_reader_fixed_point.cpp (QuantizeLinear,
// DequantizeLinear).
#pragma once

#include "formats/onnx_attributes.h"
#include "formats/onnx_tensor.h"
#include "graph/quantization.h"
#include "graph/shape_rules.h"

#include <onnx/onnx_pb.h>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace qmn {

/// Error (data) without the file's name: parse_onnx adds it. `title_` names the node at hand in messages.
class OnnxReader {
 public:
  explicit OnnxReader(const onnx::ModelProto& proto) : proto_(proto), in_(proto.graph()) {}
  Model read();

 private:
  /// What scales and zero points stand for. frac_bits: one entry for the whole tensor, or one for each index along `axis`.
  struct StoredFormat {
    int total_bits = 8;
    std::vector<int> frac_bits;
    std::size_t axis = 0;
    friend bool operator==(const StoredFormat&, const StoredFormat&) = default;
    std::string name() const;
  };

  /// A tensor whose numbers are in the file.
  struct Constant {
    std::string name;  ///< of the parameter that it becomes
    std::shared_ptr<const OnnxTensor> tensor;
    std::optional<StoredFormat> format{};
    std::vector<float> correction{};  ///< as many as the tensor's numbers, or none
  };
  using ConstantPtr = std::shared_ptr<const Constant>;

  /// What a name of the ONNX graph stands for.
  struct Entry {
    ValueId activation = kNoValue;     ///< set for activations
    ConstantPtr constant;              ///< set for constants
    std::optional<StoredFormat> quantized;  ///< it is the output of this QuantizeLinear and waits for a DequantizeLinear
  };

  /// How a constant's numbers are laid out in the parameter made of it.
  enum class Layout { plain, transposed, vector };

  // ---- operators
  using Handler = void (OnnxReader::*)(const onnx::NodeProto&);
  static const std::map<std::string, Handler>& handlers();

  // ---- the file as a whole
  int count_nodes(const onnx::GraphProto& in) const;
  void check_size() const;
  /// Names go into messages, tables and sources: before any is used, all are looked at.
  void check_names(const onnx::GraphProto& in);
  void read_opset();
  static bool is_supported(const onnx::NodeProto& node);
  void list_unsupported(const onnx::GraphProto& in, std::vector<std::string>& unsupported) const;
  void check_operators() const;
  /// An Identity's output is another name of its input; a use of either counts for both.
  void collect_aliases_and_uses(const onnx::GraphProto& in);
  std::string canonical(const std::string& name) const;

  // ---- names
  void define(const std::string& name, Entry entry);
  void define_constant(const std::string& name, const onnx::TensorProto& proto);
  const Entry& entry(const std::string& name) const;
  static bool has_input(const onnx::NodeProto& node, int index) { return node.input_size() > index && !node.input(index).empty(); }
  const std::string& input_name(const onnx::NodeProto& node, int index) const;
  ValueId activation(const onnx::NodeProto& node, int index) const;
  /// Error (data) when an activation stands on the other side of a body's border.
  void check_scope(ValueId id, const std::string& name) const;
  ConstantPtr constant(const onnx::NodeProto& node, int index) const;
  std::string fresh_name(std::string name);
  /// The graph's parameter that a constant becomes; made on first use.
  ValueId parameter(const onnx::NodeProto& node, int index, Layout layout = Layout::plain);
  /// The constant's format and correction, as those of the parameter made of it.
  void store_format(ValueId id, const Constant& source, Layout layout);

  // ---- input, nodes, output
  Graph& graph() { return model_.graph; }
  void read_input();
  void read_output();
  std::string fresh_node_name(const std::string& wish);
  void read_node(const onnx::NodeProto& node, int index);
  template <class N>
  void append(const onnx::NodeProto& node, N n) {
    append_as(node_name_, node.output(0), std::move(n));
  }
  template <class N>
  void append_as(const std::string& name, const std::string& output_name, N n) {
    n.name = name;
    n.output = add_activation(output_name);
    graph().value(n.output).shape = output_shape(graph(), n);
    nodes_->push_back(std::move(n));
  }
  /// A value that the next node of the list at hand computes, or that enters it.
  ValueId add_activation(const std::string& name);
  /// The layer that made `input` and whose only reader is the node at hand; nullptr when that does not hold, or a format stands between.
  Node* sole_producer(const onnx::NodeProto& node, int index, ValueId input);
  /// The value `id` is from now on what `name` stands for, and called so.
  void rename(ValueId id, const std::string& name);

  // ---- layers
  struct Window {
    std::array<std::int64_t, 2> kernel, strides, dilations;
  };
  /// pads, or what auto_pad stands for: SAME gives ceil(in / stride) outputs.
  std::array<std::int64_t, 4> read_pads(OnnxAttributes& attributes, const Shape& in, const Window& window) const;
  /// The kernel, strides and pads of a pool whose input is known.
  template <class Pool>
  void read_pool_window(OnnxAttributes& attributes, Pool& pool);
  void read_conv(const onnx::NodeProto& node);
  void read_gemm(const onnx::NodeProto& node);
  /// A bias as [channels]; extents of 1 before it (and, behind a convolution, after it) say no more.
  ValueId bias_parameter(const onnx::NodeProto& node, int index);
  void read_mat_mul(const onnx::NodeProto& node);
  void read_batch_norm(const onnx::NodeProto& node);
  void read_relu(const onnx::NodeProto& node);
  void read_average_pool(const onnx::NodeProto& node);
  void read_global_average_pool(const onnx::NodeProto& node);
  void read_flatten(const onnx::NodeProto& node);
  /// Supported where it gives [batch, everything else]: 0, -1, 1 or N for the batch, -1 or the count for the rest.
  void read_reshape(const onnx::NodeProto& node);
  void read_dropout(const onnx::NodeProto& node);
  void read_softmax(const onnx::NodeProto& node);
  void read_max_pool(const onnx::NodeProto& node);
  void read_identity(const onnx::NodeProto& node);
  void read_constant(const onnx::NodeProto& node);

  // ---- elementwise operators, and those that cut and join
  /// Add of a constant vector behind a layer without bias is that layer's bias.
  void read_add(const onnx::NodeProto& node);
  bool is_bias_of_layer(const onnx::NodeProto& node, int constant_index);
  template <class N>
  bool give_bias(N& layer, const onnx::NodeProto& node, int constant_index);
  void read_sub(const onnx::NodeProto& node);
  void read_mul(const onnx::NodeProto& node);
  template <class N>
  N operands(const onnx::NodeProto& node);
  void read_concat(const onnx::NodeProto& node);
  /// Of one axis with step 1. Bounds may count from the end or lie beyond it.
  void read_slice(const onnx::NodeProto& node);
  /// A Slice for each part.
  void read_split(const onnx::NodeProto& node);
  void read_sigmoid(const onnx::NodeProto& node);
  void read_tanh(const onnx::NodeProto& node);
  void read_clip(const onnx::NodeProto& node);
  /// INT64 or INT32 numbers of a constant.
  std::vector<std::int64_t> read_numbers(const onnx::NodeProto& node, int index) const;
  std::int64_t read_axis(std::int64_t axis, ValueId of) const;
  template <class N>
  void read_unary(const onnx::NodeProto& node);

  // ---- Scan
  void read_scan(const onnx::NodeProto& node);
  /// Fills scan.body; the values that the body results in come back.
  std::vector<ValueId> read_body(const onnx::GraphProto& body, Scan& scan);
  /// Shape → Slice → Concat → Expand, as the writer makes them (onnx_conventions.h): what Expand reads.
  static bool is_initial_state(const onnx::NodeProto& node);
  void read_initial_state(const onnx::NodeProto& node);

  // ---- fixed point
  /// The format that scales and zero points stand for. `what` is the tensor, `shape` its shape.
  StoredFormat read_format(const onnx::NodeProto& node, const std::string& what, const Shape& shape, std::optional<int> integer_type);
  /// A parameter and its correction.
  void read_correction(const onnx::NodeProto& node);
  void read_quantize(const onnx::NodeProto& node);
  void read_dequantize(const onnx::NodeProto& node);
  /// The parameter behind an integer constant: the float values and the correction that the file keeps beside it, else raw · step.
  ConstantPtr dequantized(const OnnxTensor& raw, const StoredFormat& format, const std::string& name) const;
  /// The numbers of the note with this key; none when there is no such note.
  std::vector<float> float_note(const std::string& key, std::size_t count) const;

  const onnx::ModelProto& proto_;
  const onnx::GraphProto& in_;
  Model model_;
  Quantization quantization_;
  std::int64_t opset_ = 0;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> aliases_;
  std::map<std::string, int> uses_;
  std::set<std::string> all_names_, node_names_;
  std::map<std::pair<ConstantPtr, Layout>, ValueId> parameters_;
  std::vector<Node>* nodes_ = nullptr;        ///< where the node at hand goes: the graph's list, or a body's
  /// Of the activations that nodes at hand may read: the node that computes it in *nodes_, or kEnters.
  std::map<ValueId, std::size_t> producers_;
  static constexpr std::size_t kEnters = static_cast<std::size_t>(-1);
  std::string node_name_, title_;             ///< of the node at hand
};

}  // namespace qmn
