// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_writer.h"

#include "base/error.h"
#include "formats/onnx_conventions.h"
#include "formats/onnx_format.h"
#include "formats/onnx_limits.h"
#include "formats/onnx_tensor.h"

namespace qmn {

using namespace onnx_conventions;

OnnxWriter::OnnxWriter(const Model& model, std::map<ValueId, float> offsets) : model_(model), graph_(model.graph), offsets_(std::move(offsets)) {
  for (const Value& value : graph_.values) value_names_.insert(value.name);
  for_each_node(graph_.nodes, [&](const Node& node) { node_names_.insert(node_name(node)); });
}

std::string OnnxWriter::write() {
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

std::string OnnxWriter::fresh(std::set<std::string>& taken, std::string name) {
  while (!taken.insert(name).second) name += "_";
  return name;
}

onnx::NodeProto& OnnxWriter::add_node(const char* op, const std::string& name, const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto& node = *out_->add_node();
  node.set_op_type(op);
  node.set_name(name);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

onnx::AttributeProto& OnnxWriter::add_attribute(onnx::NodeProto& node, const char* name, onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void OnnxWriter::set(onnx::NodeProto& node, const char* name, std::int64_t number) {
  add_attribute(node, name, onnx::AttributeProto::INT).set_i(number);
}

void OnnxWriter::set(onnx::NodeProto& node, const char* name, float number) {
  add_attribute(node, name, onnx::AttributeProto::FLOAT).set_f(number);
}

void OnnxWriter::set(onnx::NodeProto& node, const char* name, std::span<const std::int64_t> numbers) {
  onnx::AttributeProto& attribute = add_attribute(node, name, onnx::AttributeProto::INTS);
  for (std::int64_t number : numbers) attribute.add_ints(number);
}

std::string OnnxWriter::add_floats(const std::string& name, const Shape& shape, std::span<const float> numbers) {
  onnx::TensorProto& tensor = *main_.add_initializer();
  tensor.set_name(fresh_value(name));
  encode_float(shape, numbers, tensor);
  return tensor.name();
}

std::string OnnxWriter::add_numbers(const std::string& name, const std::vector<std::int64_t>& numbers) {
  onnx::TensorProto& tensor = *main_.add_initializer();
  tensor.set_name(fresh_value(name));
  encode_integers(onnx::TensorProto::INT64, {static_cast<std::int64_t>(numbers.size())}, numbers, tensor);
  return tensor.name();
}

void OnnxWriter::write_input() {
  const Value& input = graph_.value(graph_.input);
  write_value_info(*main_.add_input(), input.name, input.shape);
  write_entering(graph_.input);
}

void OnnxWriter::write_entering(ValueId id) {
  const std::string& name = graph_.value(id).name;
  readers_name_[id] = name;
  if (format_of(id)) {
    readers_name_[id] = fresh_value(name + "/dequantized");
    write_fixed_point(id, name, readers_name_[id]);
  }
}

void OnnxWriter::write_value_info(onnx::ValueInfoProto& info, const std::string& name, const Shape& shape) {
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

void OnnxWriter::write_opsets() {
  onnx::OperatorSetIdProto& opset = *proto_.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);
  if (!has_16_bit_) return;
  onnx::OperatorSetIdProto& microsoft = *proto_.add_opset_import();
  microsoft.set_domain(kMicrosoftDomain);
  microsoft.set_version(1);
}

void OnnxWriter::add_note(const std::string& key, const std::string& text) {
  onnx::StringStringEntryProto& entry = *proto_.add_metadata_props();
  entry.set_key(key);
  entry.set_value(text);
}

void OnnxWriter::write_metadata() {
  for (const auto& [key, text] : float_notes_) add_note(key, text);
  const std::string json = to_json(model_.metadata);
  if (json.size() > kMaxMetadataBytes) fail_data("the model's metadata take {} bytes (at most {})", json.size(), kMaxMetadataBytes);
  add_note(kMetadataKey, json);
}

std::string serialize_onnx(const Model& model) { return serialize_onnx_with_offsets(model, {}); }

std::string serialize_onnx_with_offsets(const Model& model, const std::map<ValueId, float>& offsets) {
  verify(model.graph);
  if (model.quantization) verify(model.graph, *model.quantization);
  std::string bytes = OnnxWriter(model, offsets).write();
  if (bytes.size() > kMaxModelBytes) fail_data("the model takes {} bytes as a file (at most {})", bytes.size(), kMaxModelBytes);
  return bytes;
}

}  // namespace qmn
