// SPDX-License-Identifier: Apache-2.0
// formats/onnx_writer.cpp   Model → ONNX, opset 13.
//
// A fixed-point activation v:   node → "v/float" → QuantizeLinear → "v/quantized" → DequantizeLinear → "v"
//   (the graph's input: "v" → QuantizeLinear → "v/quantized" → DequantizeLinear → "v/dequantized")
// An 8- or 16-bit parameter p:  float initializer "p" → QuantizeLinear → "p/quantized" → DequantizeLinear → "p/dequantized"
//   with a correction:          "p" + initializer "p/correction" → Add → "p/corrected" → QuantizeLinear → …
// A 32-bit parameter p:         int32 initializer "p/raw" → DequantizeLinear → "p"     (its floats: onnx_conventions.h)
// Per channel:                  the scale and the zero point are vectors, axis 0
// A fused activation:           node → "v/linear" → Relu or Clip → …
// A Scan's initial state s:     Shape of what it scans → Slice → Concat with the extents of s → Expand of s: one for each clip
// A value that enters a body, v:  as the graph's input; in the body stand no initializers, it reads those of the graph.
#include "formats/onnx_conventions.h"
#include "formats/onnx_format.h"
#include "formats/onnx_limits.h"
#include "formats/onnx_tensor.h"

#include "base/check.h"
#include "base/error.h"

#include <bit>
#include <set>
#include <utility>

namespace qmn {
namespace {

using namespace onnx_conventions;

class Writer {
 public:
  explicit Writer(const Model& model) : model_(model), graph_(model.graph) {
    for (const Value& value : graph_.values) value_names_.insert(value.name);
    for_each_node(graph_.nodes, [&](const Node& node) { node_names_.insert(node_name(node)); });
  }

  std::string write() {
    proto_.set_ir_version(kIrVersion);
    proto_.set_producer_name(kProducer);
    main_.set_name(graph_.name.empty() ? "net" : graph_.name);
    for (const auto& [id, tensor] : graph_.initializers) write_parameter(id, tensor);
    write_input();
    for (const Node& node : graph_.nodes) std::visit([this](const auto& n) { write_node(n); }, node);
    write_value_info(*main_.add_output(), readers_name_.at(graph_.output), graph_.shape(graph_.output));
    write_opsets();
    write_metadata();
    return proto_.SerializeAsString();
  }

 private:
  std::optional<QFormat> format_of(ValueId id) const { return model_.quantization ? model_.quantization->format_of(id) : std::nullopt; }

  static std::string fresh(std::set<std::string>& taken, std::string name) {
    while (!taken.insert(name).second) name += "_";
    return name;
  }
  std::string fresh_value(const std::string& name) { return fresh(value_names_, name); }

  onnx::NodeProto& add_node(const char* op, const std::string& name, const std::vector<std::string>& inputs, const std::string& output) {
    onnx::NodeProto& node = *out_->add_node();
    node.set_op_type(op);
    node.set_name(name);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  static onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const char* name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
  }
  static void set(onnx::NodeProto& node, const char* name, std::int64_t number) {
    add_attribute(node, name, onnx::AttributeProto::INT).set_i(number);
  }
  static void set(onnx::NodeProto& node, const char* name, float number) {
    add_attribute(node, name, onnx::AttributeProto::FLOAT).set_f(number);
  }
  static void set(onnx::NodeProto& node, const char* name, std::span<const std::int64_t> numbers) {
    onnx::AttributeProto& attribute = add_attribute(node, name, onnx::AttributeProto::INTS);
    for (std::int64_t number : numbers) attribute.add_ints(number);
  }

  std::string add_floats(const std::string& name, const Shape& shape, std::span<const float> numbers) {
    onnx::TensorProto& tensor = *main_.add_initializer();
    tensor.set_name(fresh_value(name));
    encode_float(shape, numbers, tensor);
    return tensor.name();
  }
  std::string add_scalar(const std::string& name, float number) { return add_floats(name, {}, {&number, 1}); }

  /// frac_bits: one entry for the whole tensor, or one for each channel.
  struct StoredFormat {
    int total_bits = 8;
    std::vector<int> frac_bits;
    bool is_per_channel() const { return frac_bits.size() > 1; }
    Shape shape() const { return is_per_channel() ? Shape{static_cast<std::int64_t>(frac_bits.size())} : Shape{}; }
  };

  StoredFormat stored_format(ValueId id, QFormat format) const { return {format.total_bits, model_.quantization->channels_of(id)}; }

  std::string add_scale(const std::string& value_name, const StoredFormat& format) {
    std::vector<float> steps;
    for (const int frac_bits : format.frac_bits) steps.push_back(static_cast<float>(QFormat{format.total_bits, frac_bits}.step()));
    return add_floats(value_name + "/scale", format.shape(), steps);
  }

  /// from → QuantizeLinear → DequantizeLinear → to
  void write_fixed_point(const std::string& value_name, const StoredFormat& format, const std::string& from, const std::string& to) {
    const std::string scale = add_scale(value_name, format);
    onnx::TensorProto& zero = *main_.add_initializer();
    zero.set_name(fresh_value(value_name + "/zero_point"));
    const std::vector<std::int64_t> zeros(format.frac_bits.size(), 0);
    encode_integers(format.total_bits == 8 ? onnx::TensorProto::INT8 : onnx::TensorProto::INT16, format.shape(), zeros, zero);
    const std::string zero_name = zero.name(), quantized = fresh_value(value_name + "/quantized");
    const auto add = [&](const char* op, const char* suffix, const std::string& input, const std::string& output) {
      onnx::NodeProto& node = add_node(op, fresh(node_names_, value_name + suffix), {input, scale, zero_name}, output);
      if (format.total_bits == 16) node.set_domain(kMicrosoftDomain);
      if (format.is_per_channel()) set(node, "axis", std::int64_t{0});
    };
    add("QuantizeLinear", "/quantize", from, quantized);
    add("DequantizeLinear", "/dequantize", quantized, to);
    has_16_bit_ |= format.total_bits == 16;
  }

  void write_float_initializer(const std::string& name, const Tensor& tensor) {
    onnx::TensorProto& proto = *main_.add_initializer();
    proto.set_name(name);
    encode_float(tensor.shape, tensor.data, proto);
  }

  const std::vector<float>* correction_of(ValueId id) const {
    const auto found = model_.quantization->corrections.find(id);
    return found == model_.quantization->corrections.end() ? nullptr : &found->second;
  }

  void write_parameter(ValueId id, const Tensor& tensor) {
    const std::string& name = graph_.value(id).name;
    const std::optional<QFormat> format = format_of(id);
    readers_name_[id] = name;
    if (!format) return write_float_initializer(name, tensor);
    if (format->total_bits == 32) return write_32_bit_parameter(id, *format, tensor);
    write_float_initializer(name, tensor);
    std::string rounded = name;
    if (const std::vector<float>* correction = correction_of(id)) {
      rounded = fresh_value(name + "/corrected");
      add_node("Add", fresh(node_names_, name + "/correct"), {name, add_floats(name + "/correction", tensor.shape, *correction)}, rounded);
    }
    readers_name_[id] = fresh_value(name + "/dequantized");
    write_fixed_point(name, stored_format(id, *format), rounded, readers_name_[id]);
  }

  static std::string hex_of(const std::vector<float>& reals) {
    std::string hex;
    for (float real : reals) hex += fmt::format("{:08x}", std::bit_cast<std::uint32_t>(real));
    return hex;
  }

  void write_32_bit_parameter(ValueId id, QFormat format, const Tensor& tensor) {
    const std::string& name = graph_.value(id).name;
    const std::vector<std::int32_t> raw = raw_parameter(graph_, *model_.quantization, id);
    onnx::TensorProto& proto = *main_.add_initializer();
    proto.set_name(fresh_value(name + "/raw"));
    encode_integers(onnx::TensorProto::INT32, tensor.shape, std::vector<std::int64_t>(raw.begin(), raw.end()), proto);
    const std::string raw_name = proto.name();
    const StoredFormat stored = stored_format(id, format);
    onnx::NodeProto& node = add_node("DequantizeLinear", fresh(node_names_, name + "/dequantize"), {raw_name, add_scale(name, stored)}, name);
    if (stored.is_per_channel()) set(node, "axis", std::int64_t{0});
    float_notes_.emplace_back(kFloatKeyPrefix + name, hex_of(tensor.data));
    if (const std::vector<float>* correction = correction_of(id)) float_notes_.emplace_back(kCorrectionKeyPrefix + name, hex_of(*correction));
  }

  void write_input() {
    const Value& input = graph_.value(graph_.input);
    write_value_info(*main_.add_input(), input.name, input.shape);
    write_entering(graph_.input);
  }

  /// A value that a graph gets from outside: its name there is its own, so its fixed-point pair stands behind it.
  void write_entering(ValueId id) {
    const std::string& name = graph_.value(id).name;
    readers_name_[id] = name;
    if (const std::optional<QFormat> format = format_of(id)) {
      readers_name_[id] = fresh_value(name + "/dequantized");
      write_fixed_point(name, stored_format(id, *format), name, readers_name_[id]);
    }
  }

  static void write_value_info(onnx::ValueInfoProto& info, const std::string& name, const Shape& shape) {
    info.set_name(name);
    onnx::TypeProto_Tensor& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      onnx::TensorShapeProto_Dimension& dimension = *type.mutable_shape()->add_dim();
      if (i == 0) {
        dimension.set_dim_param("N");
      } else {
        dimension.set_dim_value(shape[i]);
      }
    }
  }

  /// The node itself, then its fused activation, then its fixed-point pair. Attributes are added to the reference that comes back.
  template <class N>
  onnx::NodeProto& write_op(const N& node, const char* op, Activation activation = Activation::none) {
    const std::string& name = graph_.value(node.output).name;
    const std::optional<QFormat> format = format_of(node.output);
    const std::string before_quantize = format ? fresh_value(name + "/float") : name;
    const std::string before_activation = activation == Activation::none ? before_quantize : fresh_value(name + "/linear");
    std::vector<std::string> inputs;
    for (ValueId id : activation_inputs(node)) inputs.push_back(readers_name_.at(id));
    for (ValueId id : parameters(node)) inputs.push_back(readers_name_.at(id));
    onnx::NodeProto& op_node = add_node(op, node.name, inputs, before_activation);
    write_fused(node.name, activation, before_activation, before_quantize);
    if (format) write_fixed_point(name, stored_format(node.output, *format), before_quantize, name);
    readers_name_[node.output] = name;
    return op_node;  // stays valid: protobuf keeps messages in place
  }

  void write_fused(const std::string& node_name, Activation activation, const std::string& from, const std::string& to) {
    if (activation == Activation::none) return;
    if (activation == Activation::relu) {
      add_node("Relu", fresh(node_names_, node_name + "/relu"), {from}, to).set_doc_string(kFusedActivation);
      return;
    }
    const std::string name = fresh(node_names_, node_name + "/relu6"), low = add_scalar(name + "/low", 0), high = add_scalar(name + "/high", 6);
    add_node("Clip", name, {from, low, high}, to).set_doc_string(kFusedActivation);
  }

  void write_node(const Conv2d& conv) {
    onnx::NodeProto& node = write_op(conv, "Conv", conv.activation);
    const Shape& weight = graph_.shape(conv.weight);
    set(node, "kernel_shape", std::span(weight).subspan(2));
    set(node, "strides", conv.strides);
    set(node, "dilations", conv.dilations);
    set(node, "pads", conv.pads);
    set(node, "group", conv.groups);
  }
  void write_node(const FullyConnected& dense) {
    set(write_op(dense, "Gemm", dense.activation), "transB", std::int64_t{1});
  }
  void write_node(const BatchNorm& norm) {
    onnx::NodeProto& node = write_op(norm, "BatchNormalization");
    set(node, "epsilon", norm.epsilon);
    set(node, "momentum", norm.momentum);
  }
  void write_node(const Relu& relu) { write_op(relu, "Relu"); }
  void write_node(const AveragePool2d& pool) {
    const Shape& in = graph_.shape(pool.input);
    const bool is_global = pool.kernel[0] == in[2] && pool.kernel[1] == in[3] && pool.strides == std::array<std::int64_t, 2>{1, 1} &&
                           pool.pads == std::array<std::int64_t, 4>{0, 0, 0, 0};
    onnx::NodeProto& node = write_op(pool, is_global ? "GlobalAveragePool" : "AveragePool");
    if (is_global) return;
    set(node, "kernel_shape", pool.kernel);
    set(node, "strides", pool.strides);
    set(node, "pads", pool.pads);
    set(node, "count_include_pad", std::int64_t{0});
  }
  void write_node(const MaxPool2d& pool) {
    onnx::NodeProto& node = write_op(pool, "MaxPool");
    set(node, "kernel_shape", pool.kernel);
    set(node, "strides", pool.strides);
    set(node, "pads", pool.pads);
  }
  void write_node(const Add& add) { write_op(add, "Add", add.activation); }
  void write_node(const Sub& sub) { write_op(sub, "Sub", sub.activation); }
  void write_node(const Mul& mul) { write_op(mul, "Mul", mul.activation); }
  void write_node(const Concat& concat) { set(write_op(concat, "Concat"), "axis", concat.axis); }
  void write_node(const Slice& slice) {
    std::vector<std::string> bounds;
    for (const auto& [role, number] : {std::pair{"/start", slice.start}, {"/end", slice.end}, {"/axis", slice.axis}}) {
      bounds.push_back(add_numbers(slice.name + role, {number}));
    }
    onnx::NodeProto& node = write_op(slice, "Slice");
    for (const std::string& bound : bounds) node.add_input(bound);
  }
  void write_node(const Sigmoid& sigmoid) { write_op(sigmoid, "Sigmoid"); }
  void write_node(const Tanh& tanh) { write_op(tanh, "Tanh"); }
  void write_node(const Clamp& clip) {
    const std::string low = add_scalar(clip.name + "/low", clip.low), high = add_scalar(clip.name + "/high", clip.high);
    onnx::NodeProto& node = write_op(clip, "Clip");
    node.add_input(low);
    node.add_input(high);
  }

  /// INT64 numbers as an initializer.
  std::string add_numbers(const std::string& name, const std::vector<std::int64_t>& numbers) {
    onnx::TensorProto& tensor = *main_.add_initializer();
    tensor.set_name(fresh_value(name));
    encode_integers(onnx::TensorProto::INT64, {static_cast<std::int64_t>(numbers.size())}, numbers, tensor);
    return tensor.name();
  }

  // ---- Scan

  /// The initial state of every clip; qmn reads back what Expand reads.
  std::string write_initial(const Scan& scan, const Scan::State& state) {
    const std::string name = graph_.value(state.body_in).name;
    const auto helper = [&](const char* op, const char* role, const std::vector<std::string>& inputs) -> onnx::NodeProto& {
      onnx::NodeProto& node = add_node(op, fresh(node_names_, name + role), inputs, fresh_value(name + role));
      node.set_doc_string(kInitialState);
      return node;
    };
    const Shape& shape = graph_.shape(state.initial);
    const std::string shape_of_input = helper("Shape", "/batch_shape", {readers_name_.at(scan.inputs[0].outer)}).output(0);
    const std::string first = add_numbers(name + "/first", {0}), last = add_numbers(name + "/last", {1});
    const std::string batch = helper("Slice", "/batch", {shape_of_input, first, last}).output(0);
    const std::string rest = add_numbers(name + "/extents", {shape.begin() + 1, shape.end()});
    onnx::NodeProto& extents = helper("Concat", "/batch_extents", {batch, rest});
    set(extents, "axis", std::int64_t{0});
    return helper("Expand", "/initial", {readers_name_.at(state.initial), extents.output(0)}).output(0);
  }

  void write_node(const Scan& scan) {
    std::vector<std::string> inputs;
    for (const Scan::State& state : scan.states) inputs.push_back(write_initial(scan, state));
    for (const Scan::Input& input : scan.inputs) inputs.push_back(readers_name_.at(input.outer));
    onnx::NodeProto& node = *out_->add_node();
    node.set_op_type("Scan");
    node.set_name(scan.name);
    for (const std::string& input : inputs) node.add_input(input);
    std::vector<std::pair<ValueId, std::string>> rounded;
    const auto add_output = [&](ValueId id) {
      const std::string& name = graph_.value(id).name;
      node.add_output(format_of(id) ? fresh_value(name + "/float") : name);
      if (format_of(id)) rounded.emplace_back(id, node.output(node.output_size() - 1));
      readers_name_[id] = name;
    };
    for (const Scan::State& state : scan.states) {
      if (state.final_out == kNoValue) {
        node.add_output(fresh_value(graph_.value(state.body_out).name + "/final"));
      } else {
        add_output(state.final_out);
      }
    }
    for (const Scan::Output& output : scan.outputs) add_output(output.outer);

    set(node, "num_scan_inputs", static_cast<std::int64_t>(scan.inputs.size()));
    std::vector<std::int64_t> input_axes, output_axes;
    for (const Scan::Input& input : scan.inputs) input_axes.push_back(input.axis);
    for (const Scan::Output& output : scan.outputs) output_axes.push_back(output.axis);
    set(node, "scan_input_axes", input_axes);
    if (!output_axes.empty()) set(node, "scan_output_axes", output_axes);
    write_body(scan, *add_attribute(node, "body", onnx::AttributeProto::GRAPH).mutable_g());
    for (const auto& [id, from] : rounded) write_fixed_point(graph_.value(id).name, stored_format(id, *format_of(id)), from, graph_.value(id).name);
  }

  void write_body(const Scan& scan, onnx::GraphProto& body) {
    onnx::GraphProto* const around = std::exchange(out_, &body);
    body.set_name(scan.name + "/body");
    for (const Scan::State& state : scan.states) write_body_input(state.body_in);
    for (const Scan::Input& input : scan.inputs) write_body_input(input.body_in);
    for (const Node& inner : scan.body) std::visit([this](const auto& n) { write_node(n); }, inner);
    for (const Scan::State& state : scan.states) write_body_output(state.body_out);
    for (const Scan::Output& output : scan.outputs) write_body_output(output.body_out);
    out_ = around;
  }

  void write_body_input(ValueId id) {
    write_value_info(*out_->add_input(), graph_.value(id).name, graph_.shape(id));
    write_entering(id);
  }

  /// Each result of a body has a name of its own, as ONNX demands.
  void write_body_output(ValueId id) {
    const std::string name = fresh_value(readers_name_.at(id) + "/result");
    add_node("Identity", fresh(node_names_, name), {readers_name_.at(id)}, name);
    write_value_info(*out_->add_output(), name, graph_.shape(id));
  }

  void write_node(const Flatten& flatten) { set(write_op(flatten, "Flatten"), "axis", std::int64_t{1}); }
  void write_node(const Dropout& dropout) {
    const std::string ratio = add_scalar(dropout.name + "/ratio", dropout.ratio);
    write_op(dropout, "Dropout").add_input(ratio);
  }
  void write_node(const Softmax& softmax) { set(write_op(softmax, "Softmax"), "axis", std::int64_t{-1}); }

  void write_opsets() {
    onnx::OperatorSetIdProto& opset = *proto_.add_opset_import();
    opset.set_domain("");
    opset.set_version(kOpset);
    if (!has_16_bit_) return;
    onnx::OperatorSetIdProto& microsoft = *proto_.add_opset_import();
    microsoft.set_domain(kMicrosoftDomain);
    microsoft.set_version(1);
  }

  void add_note(const std::string& key, const std::string& text) {
    onnx::StringStringEntryProto& entry = *proto_.add_metadata_props();
    entry.set_key(key);
    entry.set_value(text);
  }

  void write_metadata() {
    for (const auto& [key, text] : float_notes_) add_note(key, text);
    const std::string json = to_json(model_.metadata);
    if (json.size() > kMaxMetadataBytes) fail_data("the model's metadata take {} bytes (at most {})", json.size(), kMaxMetadataBytes);
    add_note(kMetadataKey, json);
  }

  const Model& model_;
  const Graph& graph_;
  onnx::ModelProto proto_;
  onnx::GraphProto& main_ = *proto_.mutable_graph();
  onnx::GraphProto* out_ = &main_;  ///< the graph that nodes are added to: it, or a body
  std::set<std::string> value_names_, node_names_;
  std::map<ValueId, std::string> readers_name_;  ///< what the readers of a value read
  std::vector<std::pair<std::string, std::string>> float_notes_;
  bool has_16_bit_ = false;
};

}  // namespace

std::string serialize_onnx(const Model& model) {
  verify(model.graph);
  if (model.quantization) verify(model.graph, *model.quantization);
  std::string bytes = Writer(model).write();
  if (bytes.size() > kMaxModelBytes) fail_data("the model takes {} bytes as a file (at most {})", bytes.size(), kMaxModelBytes);
  return bytes;
}

}  // namespace qmn
