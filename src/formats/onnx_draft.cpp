// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_draft.h"

#include "base/error.h"
#include "formats/draft_builder.h"
#include "formats/names.h"
#include "formats/onnx_conventions.h"
#include "formats/onnx_draft_tensor.h"
#include "formats/onnx_limits.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <set>

namespace qmn {
namespace {

using namespace onnx_conventions;

class DraftReader {
 public:
  DraftReader(const onnx::GraphProto& in, std::int64_t opset, Draft& out) : in_(in), opset_(opset), out_(out), build_(out) {}

  void read(bool is_body) {
    if (in_.node_size() > kMaxNodes) fail_data("{} nodes (at most {})", in_.node_size(), kMaxNodes);
    if (in_.sparse_initializer_size() > 0) fail_data("sparse initializers are not supported: save the weights as dense tensors");
    check_names();
    out_.name = in_.name().empty() ? "graph" : in_.name();
    std::set<std::string> initialized;
    for (const onnx::TensorProto& tensor : in_.initializer()) {
      if (tensor.name().empty()) fail_data("an initializer has no name");
      out_.add_constant(tensor.name(), decode_draft_tensor(tensor, tensor.name()));
      initialized.insert(tensor.name());
    }
    for (const onnx::ValueInfoProto& info : in_.input()) {  // before IR version 4, initializers are listed too
      if (!initialized.contains(info.name())) read_input(info, is_body);
    }
    for (int i = 0; i < in_.node_size(); ++i) read_node(in_.node(i), i);
    for (const onnx::ValueInfoProto& info : in_.output()) out_.outputs.push_back(info.name());
  }

 private:
  void check_names() {
    check_name(in_.name(), "the graph");
    const auto check = [&](const std::string& name, const char* what) {
      check_name(name, what);
      build_.reserve(name);
    };
    for (const onnx::TensorProto& tensor : in_.initializer()) check(tensor.name(), "an initializer");
    for (const auto* infos : {&in_.input(), &in_.output()}) {
      for (const onnx::ValueInfoProto& info : *infos) check(info.name(), "an input or output");
    }
    for (const onnx::NodeProto& node : in_.node()) {
      check_name(node.name(), "a node");
      check_name(node.op_type(), "an operator");
      check_name(node.domain(), "an operator's domain");
      for (const auto* names : {&node.input(), &node.output()}) {
        for (const std::string& name : *names) check(name, "a tensor");
      }
      for (const onnx::AttributeProto& attribute : node.attribute()) check_name(attribute.name(), "an attribute");
    }
  }

  void read_input(const onnx::ValueInfoProto& info, bool is_body) {
    const onnx::TypeProto_Tensor& type = info.type().tensor_type();
    if (!is_body && draft_element_type(type.elem_type()) != ElementType::float32) fail_data("its input {} is no float32 tensor", info.name());
    Shape shape;
    for (const auto& dimension : type.shape().dim()) shape.push_back(dimension.has_dim_value() ? dimension.dim_value() : -1);
    out_.inputs.push_back({info.name(), shape});
  }

  void read_node(const onnx::NodeProto& in, int index) {
    const bool is_standard = in.domain().empty() || in.domain() == "ai.onnx";
    DraftNode node{in.name().empty() ? fmt::format("{}_{}", in.op_type(), index) : in.name(), (is_standard ? "" : in.domain() + ".") + in.op_type(),
                   {in.input().begin(), in.input().end()}, {in.output().begin(), in.output().end()}, {}};
    for (const onnx::AttributeProto& attribute : in.attribute()) {
      if (!node.attributes.emplace(attribute.name(), read_attribute(node, attribute)).second) fail_data("{}: its attribute {} is there twice", node.title(), attribute.name());
    }
    if (node.op == "Constant") return read_constant(node);
    if (is_standard) modernize(node);
    out_.nodes.push_back(std::move(node));
  }

  DraftAttribute read_attribute(const DraftNode& node, const onnx::AttributeProto& in) const {
    switch (in.type()) {
      case onnx::AttributeProto::INT:
        return in.i();
      case onnx::AttributeProto::FLOAT:
        return static_cast<double>(in.f());
      case onnx::AttributeProto::STRING:
        check_name(in.s(), "an attribute");
        return in.s();
      case onnx::AttributeProto::INTS:
        return std::vector<std::int64_t>(in.ints().begin(), in.ints().end());
      case onnx::AttributeProto::FLOATS:
        return std::vector<double>(in.floats().begin(), in.floats().end());
      case onnx::AttributeProto::STRINGS:
        for (const std::string& text : in.strings()) check_name(text, "an attribute");
        return std::vector<std::string>(in.strings().begin(), in.strings().end());
      case onnx::AttributeProto::TENSOR:
        return std::make_shared<const DraftTensor>(decode_draft_tensor(in.t(), node.title()));
      case onnx::AttributeProto::GRAPH: {
        auto body = std::make_shared<Draft>();
        DraftReader(in.g(), opset_, *body).read(true);
        return std::shared_ptr<const Draft>(std::move(body));
      }
      default:
        return std::string("(not supported)");  // the operator that needs it says so
    }
  }

  void read_constant(const DraftNode& node) {
    if (node.outputs.size() != 1 || node.attributes.size() != 1) fail_data("{}: one output and one value are needed", node.title());
    const DraftAttribute& value = node.attributes.begin()->second;
    DraftTensor tensor;
    if (const auto* given = std::get_if<std::shared_ptr<const DraftTensor>>(&value)) tensor = **given;
    else if (const auto* integer = std::get_if<std::int64_t>(&value)) tensor = {ElementType::int64, {}, {static_cast<double>(*integer)}};
    else if (const auto* real = std::get_if<double>(&value)) tensor = float_scalar(*real);
    else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) tensor = integer_vector(*integers);
    else if (const auto* reals = std::get_if<std::vector<double>>(&value)) tensor = {ElementType::float32, {static_cast<std::int64_t>(reals->size())}, *reals};
    else fail_data("{}: its value is no dense tensor of numbers", node.title());
    out_.add_constant(node.outputs[0], std::move(tensor));
  }

  /// What older operator sets said by attributes, or meant otherwise.
  void modernize(DraftNode& node) {
    if (node.op == "Slice" && opset_ < 10) {
      const std::vector<std::int64_t> starts = node.integers("starts", {}), ends = clamped(node, "ends");
      node.inputs = {node.inputs.empty() ? std::string() : node.inputs[0], build_.integers(node.name + "/starts", starts), build_.integers(node.name + "/ends", ends)};
      if (node.attributes.contains("axes")) node.inputs.push_back(build_.integers(node.name + "/axes", node.integers("axes", {})));
      node.attributes.clear();
    } else if (node.op == "Clip" && opset_ < 11) {
      constexpr double kLargest = 3.402823466e38;
      node.inputs.resize(1);
      node.inputs.push_back(build_.constant(node.name + "/min", float_scalar(node.real("min", -kLargest))));
      node.inputs.push_back(build_.constant(node.name + "/max", float_scalar(node.real("max", kLargest))));
      node.attributes.clear();
    } else if (node.op == "Softmax") {
      if (!node.attributes.contains("axis")) node.attributes["axis"] = std::int64_t{opset_ < 13 ? 1 : -1};
      if (opset_ < 13) node.attributes["flattens"] = std::int64_t{1};
    } else if (node.op == "Cast") {
      const std::optional<ElementType> type = draft_element_type(static_cast<int>(node.integer("to", 0)));
      node.attributes["to"] = std::string(type ? element_type_name(*type) : "a type that is not supported");
    } else if (node.op == "BatchNormalization" && node.integer("spatial", 1) != 1) {
      fail_data("{}: spatial = 0 is not supported", node.title());
    } else if (node.op == "Upsample") {
      node.op = "Resize";
    }
  }

  /// Ends beyond every extent, as INT64_MAX, are within what an attribute may hold.
  std::vector<std::int64_t> clamped(DraftNode& node, const char* name) const {
    if (auto* list = std::get_if<std::vector<std::int64_t>>(&node.attributes[name])) {
      for (std::int64_t& number : *list) number = std::clamp<std::int64_t>(number, -(1 << 24), 1 << 24);
    }
    return node.integers(name, {});
  }

  const onnx::GraphProto& in_;
  std::int64_t opset_;
  Draft& out_;
  DraftBuilder build_;
};

std::int64_t opset_of(const onnx::ModelProto& proto) {
  std::int64_t version = 0;
  for (const onnx::OperatorSetIdProto& opset : proto.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") version = opset.version();
  }
  if (version == 0) fail_data("truncated or not an ONNX model: it names no operator set");
  if (version < kOldestOpset || version > kNewestOpset)
    fail_data("operator set {} is not supported: export the model with opset {} to {}", version, kOldestOpset, kNewestOpset);
  return version;
}

bool parse(const std::string& bytes, onnx::ModelProto& proto) {
  google::protobuf::SetLogHandler(nullptr);  // the one message is ours
  return is_modest_onnx(bytes) && proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

ForeignModel parse_onnx_draft(const std::string& bytes, const std::string& file_name, const std::string& output) {
  if (bytes.empty()) fail_data("{}: empty file", file_name);
  if (bytes.size() > kMaxModelBytes) fail_data("{}: {} bytes (a model has at most {})", file_name, bytes.size(), kMaxModelBytes);
  onnx::ModelProto proto;
  if (!parse(bytes, proto) || !proto.has_graph()) fail_data("{}: truncated or not an ONNX model", file_name);
  try {
    ForeignModel out;
    DraftReader(proto.graph(), opset_of(proto), out.draft).read(false);
    if (!output.empty()) out.draft.outputs = {output};
    return out;
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file_name, error.what()));
  }
}

bool is_own_onnx(const std::string& bytes) {
  onnx::ModelProto proto;
  return parse(bytes, proto) && proto.producer_name() == kProducer;
}

}  // namespace qmn
