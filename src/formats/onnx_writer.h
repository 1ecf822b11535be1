// SPDX-License-Identifier: Apache-2.0
// formats/onnx_writer.h   Model → ONNX, opset 13: one graph on its way, and a method for each operator.
// The methods live in onnx_writer.cpp (names, input, metadata), onnx_writer_layers.cpp (operators), onnx_writer_scan.cpp (loops) and
// onnx_writer_fixed_point.cpp (QuantizeLinear, DequantizeLinear, parameters).
//
// A fixed-point activation v:   node → "v/float" → QuantizeLinear → "v/quantized" → DequantizeLinear → "v"
//   (the graph's input: "v" → QuantizeLinear → "v/quantized" → DequantizeLinear → "v/dequantized")
// An 8- or 16-bit parameter p:  float initializer "p" → QuantizeLinear → "p/quantized" → DequantizeLinear → "p/dequantized"
//   with a correction:          "p" + initializer "p/correction" → Add → "p/corrected" → QuantizeLinear → …
// A 32-bit parameter p:         int32 initializer "p/raw" → DequantizeLinear → "p"     (its floats: onnx_conventions.h)
// Per channel:                  the scale and the zero point are vectors, axis 0
// A fused activation:           node → "v/linear" → Relu or Clip → …
// With ties moved up (onnx_ties.cpp):  … + initializer "v/tie" → Add → "v/ties_up" → QuantizeLinear → …
// A Scan's initial state s:     Shape of what it scans → Slice → Concat with the extents of s → Expand of s: one for each clip
// A value that enters a body, v:  as the graph's input; in the body stand no initializers, it reads those of the graph.
#pragma once

#include "graph/quantization.h"

#include <onnx/onnx_pb.h>

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qmn {

/// Pre: the model is verified. Error (data): metadata above the limit.
class OnnxWriter {
 public:
  /// `offsets`: what an Add puts to a value, by its id, in front of its QuantizeLinear (onnx_ties.cpp).
  explicit OnnxWriter(const Model& model, std::map<ValueId, float> offsets = {});
  std::string write();  ///< the file's bytes

 private:
  // ---- names, nodes, constants
  static std::string fresh(std::set<std::string>& taken, std::string name);
  std::string fresh_value(const std::string& name) { return fresh(value_names_, name); }
  onnx::NodeProto& add_node(const char* op, const std::string& name, const std::vector<std::string>& inputs, const std::string& output);
  static onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const char* name, onnx::AttributeProto::AttributeType type);
  static void set(onnx::NodeProto& node, const char* name, std::int64_t number);
  static void set(onnx::NodeProto& node, const char* name, float number);
  static void set(onnx::NodeProto& node, const char* name, std::span<const std::int64_t> numbers);
  // Initializers; the names that they got.
  std::string add_floats(const std::string& name, const Shape& shape, std::span<const float> numbers);
  std::string add_scalar(const std::string& name, float number) { return add_floats(name, {}, {&number, 1}); }
  std::string add_numbers(const std::string& name, const std::vector<std::int64_t>& numbers);  ///< INT64

  // ---- the file
  void write_input();
  /// A value that a graph gets from outside: its name there is its own, so its fixed-point pair stands behind it.
  void write_entering(ValueId id);
  static void write_value_info(onnx::ValueInfoProto& info, const std::string& name, const Shape& shape);
  void write_opsets();
  void add_note(const std::string& key, const std::string& text);
  void write_metadata();

  // ---- fixed point
  /// frac_bits: one entry for the whole tensor, or one for each channel.
  struct StoredFormat {
    int total_bits = 8;
    std::vector<int> frac_bits;
    bool is_per_channel() const { return frac_bits.size() > 1; }
    Shape shape() const { return is_per_channel() ? Shape{static_cast<std::int64_t>(frac_bits.size())} : Shape{}; }
  };
  std::optional<QFormat> format_of(ValueId id) const { return model_.quantization ? model_.quantization->format_of(id) : std::nullopt; }
  StoredFormat stored_format(ValueId id, QFormat format) const { return {format.total_bits, model_.quantization->channels_of(id)}; }
  std::string add_scale(const std::string& value_name, const StoredFormat& format);
  /// from → QuantizeLinear → DequantizeLinear → to, in the value's format; before them the Add of its offset, if it has one.
  void write_fixed_point(ValueId id, std::string from, const std::string& to);
  void write_float_initializer(const std::string& name, const Tensor& tensor);
  const std::vector<float>* correction_of(ValueId id) const;
  void write_parameter(ValueId id, const Tensor& tensor);
  void write_32_bit_parameter(ValueId id, QFormat format, const Tensor& tensor);

  // ---- operators
  /// The node itself, then its fused activation, then its fixed-point pair. Attributes are added to the reference that comes back.
  template <class N>
  onnx::NodeProto& write_op(const N& node, const char* op, Activation activation = Activation::none);
  void write_fused(const std::string& node_name, Activation activation, const std::string& from, const std::string& to);
  void write_node(const Conv2d& conv);
  void write_node(const FullyConnected& dense);
  void write_node(const BatchNorm& norm);
  void write_node(const Relu& relu);
  void write_node(const AveragePool2d& pool);
  void write_node(const MaxPool2d& pool);
  void write_node(const Flatten& flatten);
  void write_node(const Dropout& dropout);
  void write_node(const Softmax& softmax);
  void write_node(const Add& add);
  void write_node(const Sub& sub);
  void write_node(const Mul& mul);
  void write_node(const Concat& concat);
  void write_node(const Slice& slice);
  void write_node(const Sigmoid& sigmoid);
  void write_node(const Tanh& tanh);
  void write_node(const Clamp& clip);

  // ---- Scan
  void write_node(const Scan& scan);
  /// The initial state of every clip; qmn reads back what Expand reads.
  std::string write_initial(const Scan& scan, const Scan::State& state);
  void write_body(const Scan& scan, onnx::GraphProto& body);
  void write_body_input(ValueId id);
  /// Each result of a body has a name of its own, as ONNX demands.
  void write_body_output(ValueId id);

  const Model& model_;
  const Graph& graph_;
  const std::map<ValueId, float> offsets_;
  onnx::ModelProto proto_;
  onnx::GraphProto& main_ = *proto_.mutable_graph();
  onnx::GraphProto* out_ = &main_;  ///< the graph that nodes are added to: it, or a body
  std::set<std::string> value_names_, node_names_;
  std::map<ValueId, std::string> readers_name_;  ///< what the readers of a value read
  std::vector<std::pair<std::string, std::string>> float_notes_;
  bool has_16_bit_ = false;
};

/// The bytes that `offsets` give. Error (data): above the limits of a model file.
std::string serialize_onnx_with_offsets(const Model& model, const std::map<ValueId, float>& offsets);

}  // namespace qmn
