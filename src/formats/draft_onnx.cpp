// SPDX-License-Identifier: Apache-2.0
#include "formats/draft_onnx.h"

#include "base/check.h"
#include "formats/onnx_tensor.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <set>

namespace qmn {
namespace {

void write_tensor(const DraftTensor& tensor, onnx::TensorProto& out) {
  if (tensor.is_float()) {
    const std::vector<float> reals(tensor.numbers.begin(), tensor.numbers.end());
    encode_float(tensor.shape, reals, out);
    return;
  }
  out.set_data_type(onnx::TensorProto::INT64);
  for (std::int64_t extent : tensor.shape) out.add_dims(extent);
  for (std::int64_t integer : as_integers(tensor)) out.add_int64_data(integer);
}

void write_graph(const Draft& draft, onnx::GraphProto& graph);

void write_attribute(const std::string& name, const DraftAttribute& value, onnx::AttributeProto& out) {
  out.set_name(name);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out.set_type(onnx::AttributeProto::INT);
    out.set_i(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    out.set_type(onnx::AttributeProto::FLOAT);
    out.set_f(static_cast<float>(*real));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.set_type(onnx::AttributeProto::STRING);
    out.set_s(*text);
  } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) {
    out.set_type(onnx::AttributeProto::INTS);
    for (std::int64_t number : *integers) out.add_ints(number);
  } else if (const auto* body = std::get_if<std::shared_ptr<const Draft>>(&value)) {
    out.set_type(onnx::AttributeProto::GRAPH);
    write_graph(**body, *out.mutable_g());
  } else {
    QMN_CHECK(false, "attributes of the net's own operators are numbers, texts, lists of integers and bodies");
  }
}

void write_value_info(const std::string& name, const Shape* shape, onnx::ValueInfoProto& out) {
  out.set_name(name);
  onnx::TypeProto_Tensor& type = *out.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  if (shape == nullptr) return;
  for (std::int64_t extent : *shape) type.mutable_shape()->add_dim()->set_dim_value(extent);
}

void write_graph(const Draft& draft, onnx::GraphProto& graph) {
  graph.set_name(draft.name);
  for (const DraftInput& input : draft.inputs) write_value_info(input.name, &input.shape, *graph.add_input());
  for (const std::string& output : draft.outputs) write_value_info(output, nullptr, *graph.add_output());
  std::set<std::string> read;
  for (const DraftNode& node : draft.nodes) {
    onnx::NodeProto& out = *graph.add_node();
    out.set_name(node.name);
    out.set_op_type(node.op);
    for (const std::string& name : node.inputs) out.add_input(name);
    for (const std::string& name : node.outputs) out.add_output(name);
    for (const auto& [name, value] : node.attributes) write_attribute(name, value, *out.add_attribute());
    read.insert(node.inputs.begin(), node.inputs.end());
  }
  for (const auto& [name, tensor] : draft.constants) {
    if (!read.contains(name)) continue;
    onnx::TensorProto& out = *graph.add_initializer();
    out.set_name(name);
    write_tensor(tensor, out);
  }
}

}  // namespace

std::string serialize_draft(const Draft& draft) {
  onnx::ModelProto model;
  model.set_ir_version(7);
  model.set_producer_name("qmn import");
  onnx::OperatorSetIdProto& opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(13);
  write_graph(draft, *model.mutable_graph());
  return model.SerializeAsString();
}

}  // namespace qmn
