// SPDX-License-Identifier: Apache-2.0
// formats/onnx_reader.cpp   ONNX, opset 7 to 17 → Model. Untrusted bytes.
//
// What is understood beyond the operators of graph.h: GlobalAveragePool, Identity and Constant; MatMul by a constant (a fully connected
// layer), with a following Add of a constant as its bias; Reshape where it does what Flatten does; auto_pad;
// QuantizeLinear → DequantizeLinear with a power-of-two scale and zero point 0 (a value's format), and DequantizeLinear of an integer
// constant; Split (a Slice each). Operators that are not supported are reported together; everything else stops at the first fault.
#include "formats/onnx_reader.h"

#include "base/error.h"
#include "formats/onnx_conventions.h"
#include "formats/onnx_format.h"
#include "formats/onnx_limits.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>

namespace qmn {
namespace {

using namespace onnx_conventions;

Metadata read_metadata(const onnx::ModelProto& proto, const std::string& file_name) {
  for (const onnx::StringStringEntryProto& note : proto.metadata_props()) {
    if (note.key() != kMetadataKey) continue;
    if (note.value().size() > kMaxMetadataBytes)
      fail_data("{}: metadata of {} bytes (at most {})", file_name, note.value().size(), kMaxMetadataBytes);
    return metadata_from_json(note.value(), file_name);
  }
  if (proto.producer_name() == kProducer) fail_data("{}: truncated: its metadata are missing; copy or make the file again", file_name);
  return {};
}

std::vector<float> transposed(const std::vector<float>& matrix, const Shape& shape) {
  const auto rows = static_cast<std::size_t>(shape[0]), columns = static_cast<std::size_t>(shape[1]);
  std::vector<float> out(matrix.size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) out[column * rows + row] = matrix[row * columns + column];
  }
  return out;
}

}  // namespace

Model OnnxReader::read() {
  check_size();
  check_names(in_);
  read_opset();
  check_operators();
  collect_aliases_and_uses(in_);
  nodes_ = &graph().nodes;
  for (const onnx::TensorProto& tensor : in_.initializer()) define_constant(tensor.name(), tensor);
  read_input();
  for (int i = 0; i < in_.node_size(); ++i) read_node(in_.node(i), i);
  read_output();
  if (!quantization_.formats.empty()) model_.quantization = std::move(quantization_);
  return std::move(model_);
}

const std::map<std::string, OnnxReader::Handler>& OnnxReader::handlers() {
  static const std::map<std::string, Handler> table{
      {"Add", &OnnxReader::read_add},
      {"AveragePool", &OnnxReader::read_average_pool},
      {"BatchNormalization", &OnnxReader::read_batch_norm},
      {"Clip", &OnnxReader::read_clip},
      {"Concat", &OnnxReader::read_concat},
      {"Constant", &OnnxReader::read_constant},
      {"Conv", &OnnxReader::read_conv},
      {"DequantizeLinear", &OnnxReader::read_dequantize},
      {"Dropout", &OnnxReader::read_dropout},
      {"Flatten", &OnnxReader::read_flatten},
      {"Gemm", &OnnxReader::read_gemm},
      {"GlobalAveragePool", &OnnxReader::read_global_average_pool},
      {"Identity", &OnnxReader::read_identity},
      {"MatMul", &OnnxReader::read_mat_mul},
      {"MaxPool", &OnnxReader::read_max_pool},
      {"Mul", &OnnxReader::read_mul},
      {"QuantizeLinear", &OnnxReader::read_quantize},
      {"Relu", &OnnxReader::read_relu},
      {"Reshape", &OnnxReader::read_reshape},
      {"Scan", &OnnxReader::read_scan},
      {"Sigmoid", &OnnxReader::read_sigmoid},
      {"Slice", &OnnxReader::read_slice},
      {"Softmax", &OnnxReader::read_softmax},
      {"Split", &OnnxReader::read_split},
      {"Sub", &OnnxReader::read_sub},
      {"Tanh", &OnnxReader::read_tanh},
  };
  return table;
}

void OnnxReader::define(const std::string& name, Entry entry) {
  if (name.empty()) fail_data("{}: its output has no name", title_);
  if (aliases_.contains(name) || !entries_.emplace(name, std::move(entry)).second) fail_data("{} is defined twice", name);
}

void OnnxReader::define_constant(const std::string& name, const onnx::TensorProto& proto) {
  if (name.empty()) fail_data("an initializer has no name");
  define(name, {.activation = kNoValue,
                .constant = std::make_shared<Constant>(Constant{name, std::make_shared<OnnxTensor>(decode(proto, name))}),
                .quantized = std::nullopt});
}

const OnnxReader::Entry& OnnxReader::entry(const std::string& name) const {
  const auto found = entries_.find(canonical(name));
  if (found == entries_.end())
    fail_data("{}: it reads {}, which nothing before it defines", title_, name.empty() ? "a missing input" : name);
  return found->second;
}

const std::string& OnnxReader::input_name(const onnx::NodeProto& node, int index) const {
  if (!has_input(node, index)) fail_data("{}: its input {} is missing", title_, index);
  return node.input(index);
}

ValueId OnnxReader::activation(const onnx::NodeProto& node, int index) const {
  const std::string& name = input_name(node, index);
  const Entry& found = entry(name);
  if (found.quantized) fail_data("{}: it reads {}, which QuantizeLinear made and no DequantizeLinear has brought back", title_, name);
  if (found.activation == kNoValue) fail_data("{}: its input {} is a constant, but an activation is needed", title_, name);
  check_scope(found.activation, name);
  return found.activation;
}

void OnnxReader::check_scope(ValueId id, const std::string& name) const {
  if (producers_.contains(id)) return;
  const bool is_outside = nodes_ == &model_.graph.nodes;
  fail_data("{}: it reads {} from {} the body of a Scan, which is not supported: make it an {} of the Scan", title_, name,
            is_outside ? "inside" : "outside", is_outside ? "output" : "input");
}

OnnxReader::ConstantPtr OnnxReader::constant(const onnx::NodeProto& node, int index) const {
  const std::string& name = input_name(node, index);
  const Entry& found = entry(name);
  if (found.quantized) fail_data("{}: it reads {}, which QuantizeLinear made and no DequantizeLinear has brought back", title_, name);
  if (!found.constant) fail_data("{}: its input {} is computed, but a constant is needed", title_, name);
  return found.constant;
}

std::string OnnxReader::fresh_name(std::string name) {
  while (!all_names_.insert(name).second) name += "_";
  return name;
}

ValueId OnnxReader::parameter(const onnx::NodeProto& node, int index, Layout layout) {
  const ConstantPtr source = constant(node, index);
  const auto known = parameters_.find({source, layout});
  if (known != parameters_.end()) return known->second;
  const OnnxTensor& numbers = *source->tensor;
  if (!numbers.is_float()) fail_data("{}: its parameter {} holds integers, but float32 is needed", title_, source->name);
  Tensor tensor{layout == Layout::vector ? Shape{static_cast<std::int64_t>(numbers.reals.size())} : numbers.shape, numbers.reals};
  check_shape(tensor.shape, fmt::format("{}: its parameter {}", title_, source->name));
  if (layout == Layout::transposed) {
    if (tensor.shape.size() != 2)
      fail_data("{}: its weight {} has shape {}, but two dimensions are needed", title_, source->name, to_string(tensor.shape));
    tensor.data = transposed(numbers.reals, numbers.shape);
    std::swap(tensor.shape[0], tensor.shape[1]);
  }
  // The constant's own name, unless another parameter was made of it already, in another layout or format.
  const bool is_taken = std::any_of(parameters_.begin(), parameters_.end(),
                                    [&](const auto& known_one) { return known_one.first.first->name == source->name; });
  const ValueId id = graph().add_initializer(is_taken ? fresh_name(source->name) : source->name, std::move(tensor));
  parameters_.emplace(std::pair{source, layout}, id);
  store_format(id, *source, layout);
  return id;
}

void OnnxReader::store_format(ValueId id, const Constant& source, Layout layout) {
  if (!source.correction.empty() && !source.format) {  // plain arithmetic between constants
    std::vector<float>& reals = graph().initializer(id).data;
    const std::vector<float> addend = layout == Layout::transposed ? transposed(source.correction, source.tensor->shape) : source.correction;
    for (std::size_t i = 0; i < reals.size(); ++i) reals[i] += addend[i];
  }
  if (!source.format) return;
  const StoredFormat& format = *source.format;
  if (format.frac_bits.size() > 1) {
    const std::size_t channel_axis = layout == Layout::transposed ? 1 : 0;
    const bool is_channel = layout == Layout::vector ? format.frac_bits.size() == source.tensor->reals.size() : format.axis == channel_axis;
    if (!is_channel) fail_data("{}: its parameter {} has a scale for each index of axis {}, but one for each output channel is supported", title_, source.name, format.axis);
  }
  quantization_.set_channels(id, format.total_bits, format.frac_bits);
  if (!source.correction.empty())
    quantization_.corrections[id] = layout == Layout::transposed ? transposed(source.correction, source.tensor->shape) : source.correction;
}

void OnnxReader::read_input() {
  graph().name = in_.name();
  const onnx::ValueInfoProto* input = nullptr;
  for (const onnx::ValueInfoProto& info : in_.input()) {
    if (entries_.contains(info.name())) continue;  // before IR version 4, initializers are listed as inputs too
    if (input != nullptr) fail_data("it has the inputs {} and {}: one is supported", input->name(), info.name());
    input = &info;
  }
  if (input == nullptr) fail_data("it has no input");
  const onnx::TypeProto_Tensor& type = input->type().tensor_type();
  if (type.elem_type() != onnx::TensorProto::FLOAT) fail_data("its input {} is no float32 tensor", input->name());
  Shape shape;
  for (int i = 0; i < type.shape().dim_size(); ++i) {
    const onnx::TensorShapeProto_Dimension& dimension = type.shape().dim(i);
    if (i > 0 && !dimension.has_dim_value())
      fail_data("its input {} has no fixed size in dimension {}: export the model with fixed shapes", input->name(), i);
    shape.push_back(i == 0 ? 1 : dimension.dim_value());
  }
  check_shape(shape, fmt::format("its input {}", input->name()));
  graph().input = add_activation(input->name());
  graph().value(graph().input).shape = std::move(shape);
  producers_[graph().input] = kEnters;
}

void OnnxReader::read_output() {
  title_ = "the graph's output";
  if (in_.output_size() != 1) fail_data("it has {} outputs: one is supported", in_.output_size());
  const Entry& found = entry(in_.output(0).name());
  if (found.quantized) fail_data("its output {} is integer: a DequantizeLinear is missing behind it", in_.output(0).name());
  if (found.activation == kNoValue) fail_data("its output {} is a constant", in_.output(0).name());
  check_scope(found.activation, in_.output(0).name());
  graph().output = found.activation;
}

ValueId OnnxReader::add_activation(const std::string& name) {
  const ValueId id = graph().add_value(name);
  producers_[id] = nodes_->size();
  define(name, {.activation = id, .constant = nullptr, .quantized = std::nullopt});
  return id;
}

std::string OnnxReader::fresh_node_name(const std::string& wish) {
  std::string name = wish;
  for (int i = 2; !node_names_.insert(name).second; ++i) name = fmt::format("{}_{}", wish, i);
  return name;
}

void OnnxReader::read_node(const onnx::NodeProto& node, int index) {
  node_name_ = fresh_node_name(node.name().empty() ? fmt::format("{}_{}", node.op_type(), index) : node.name());
  title_ = fmt::format("{} {}", node.op_type(), node_name_);
  if (node.output_size() < 1) fail_data("{}: it has no output", title_);
  if (is_initial_state(node)) return read_initial_state(node);
  (this->*handlers().at(node.op_type()))(node);
}

Node* OnnxReader::sole_producer(const onnx::NodeProto& node, int index, ValueId input) {
  const auto found = producers_.find(input);
  if (found == producers_.end() || found->second == kEnters || uses_.at(canonical(node.input(index))) != 1 ||
      quantization_.formats.contains(input)) {
    return nullptr;
  }
  return &nodes_->at(found->second);
}

void OnnxReader::rename(ValueId id, const std::string& name) {
  graph().value(id).name = name;
  define(name, {.activation = id, .constant = nullptr, .quantized = std::nullopt});
}

Model parse_onnx(const std::string& bytes, const std::string& file_name) {
  if (bytes.empty()) fail_data("{}: empty file", file_name);
  if (bytes.size() > kMaxModelBytes) fail_data("{}: {} bytes (a model has at most {})", file_name, bytes.size(), kMaxModelBytes);
  google::protobuf::SetLogHandler(nullptr);  // the one message is ours
  onnx::ModelProto proto;
  if (!is_modest_onnx(bytes) || !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !proto.has_graph()) {
    fail_data("{}: truncated or not an ONNX model", file_name);
  }
  Metadata metadata = read_metadata(proto, file_name);
  try {
    Model model = OnnxReader(proto).read();
    model.metadata = std::move(metadata);
    verify(model.graph);
    if (model.quantization) verify(model.graph, *model.quantization);
    return model;
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file_name, error.what()));
  }
}

}  // namespace qmn
