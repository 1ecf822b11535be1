// SPDX-License-Identifier: Apache-2.0
#include "formats/tflite_reader.h"

#include "formats/onnx_limits.h"
#include "formats/tflite_format.h"
#include "graph/shape_rules.h"

#include <algorithm>
#include <set>

namespace qmn {
namespace {

constexpr int kMaxTensors = 50000;

std::size_t length(const auto* vector) { return vector == nullptr ? 0 : vector->size(); }

/// Converters give names that list all layers that went into one, parted by ';': the first says enough. What has no place in a name goes.
std::string short_name(const flatbuffers::String* name) {
  constexpr std::size_t kMaxBytes = 120;
  std::string out = name == nullptr ? std::string() : name->str();
  out = out.substr(0, std::min(out.find(';'), kMaxBytes));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f; }, '_');
  return out;
}

}  // namespace

const std::map<int, TfliteReader::Row>& TfliteReader::rows() {
  using R = TfliteReader;
  static const std::map<int, Row> table{
      {0, {"ADD", &R::read_arithmetic}},
      {1, {"AVERAGE_POOL_2D", &R::read_pool}},
      {2, {"CONCATENATION", &R::read_concatenation}},
      {3, {"CONV_2D", &R::read_conv}},
      {4, {"DEPTHWISE_CONV_2D", &R::read_depthwise}},
      {6, {"DEQUANTIZE", &R::read_identity}},
      {9, {"FULLY_CONNECTED", &R::read_fully_connected}},
      {14, {"LOGISTIC", &R::read_function}},
      {17, {"MAX_POOL_2D", &R::read_pool}},
      {18, {"MUL", &R::read_arithmetic}},
      {19, {"RELU", &R::read_function}},
      {20, {"RELU_N1_TO_1", &R::read_relu_n1_to_1}},
      {21, {"RELU6", &R::read_relu6}},
      {22, {"RESHAPE", &R::read_reshape}},
      {25, {"SOFTMAX", &R::read_softmax}},
      {28, {"TANH", &R::read_function}},
      {34, {"PAD", &R::read_pad}},
      {36, {"GATHER", &R::read_gather}},
      {39, {"TRANSPOSE", &R::read_transpose}},
      {40, {"MEAN", &R::read_reduce}},
      {41, {"SUB", &R::read_arithmetic}},
      {42, {"DIV", &R::read_arithmetic}},
      {43, {"SQUEEZE", &R::read_squeeze}},
      {45, {"STRIDED_SLICE", &R::read_strided_slice}},
      {49, {"SPLIT", &R::read_split}},
      {54, {"PRELU", &R::read_prelu}},
      {55, {"MAXIMUM", &R::read_arithmetic}},
      {57, {"MINIMUM", &R::read_arithmetic}},
      {59, {"NEG", &R::read_function}},
      {60, {"PADV2", &R::read_pad}},
      {65, {"SLICE", &R::read_slice}},
      {70, {"EXPAND_DIMS", &R::read_expand_dims}},
      {74, {"SUM", &R::read_reduce}},
      {75, {"SQRT", &R::read_function}},
      {76, {"RSQRT", &R::read_rsqrt}},
      {77, {"SHAPE", &R::read_shape}},
      {83, {"PACK", &R::read_pack}},
      {98, {"LEAKY_RELU", &R::read_leaky_relu}},
      {114, {"QUANTIZE", &R::read_identity}},
  };
  return table;
}

ForeignModel TfliteReader::read(const std::string& wanted_output) {
  if (length(model_.subgraphs()) != 1) fail_data("it has {} subgraphs: one is supported (no loops and branches)", length(model_.subgraphs()));
  graph_ = model_.subgraphs()->Get(0);
  if (graph_ == nullptr || length(graph_->operators()) == 0) fail_data("truncated or not a TFLite model: it has no operator");
  if (length(graph_->operators()) > static_cast<std::size_t>(kMaxNodes)) fail_data("{} operators (at most {})", length(graph_->operators()), kMaxNodes);
  out_.draft.name = short_name(graph_->name());
  if (out_.draft.name.empty()) out_.draft.name = "graph";
  read_tensors();
  read_inputs();
  for (const tflite::Operator* op : *graph_->operators()) read_operator(*op);
  if (!wanted_output.empty()) {
    if (std::find(names_.begin(), names_.end(), wanted_output) == names_.end()) fail_data("it has no tensor {} (--output)", wanted_output);
    out_.draft.outputs = {wanted_output};
  } else {
    for (std::size_t i = 0; i < length(graph_->outputs()); ++i) {
      const int index = graph_->outputs()->Get(static_cast<flatbuffers::uoffset_t>(i));
      tensor(index);
      out_.draft.outputs.push_back(names_[static_cast<std::size_t>(index)]);
    }
  }
  if (has_integer_activations_) out_.notes.emplace_back("a fully integer model: its weights are multiplied out, and its activations are float again");
  else if (has_dequantized_) out_.notes.emplace_back("weights that are stored as integers with scales are multiplied out to float");
  return std::move(out_);
}

void TfliteReader::read_tensors() {
  const std::size_t count = length(graph_->tensors());
  if (count > kMaxTensors) fail_data("{} tensors (at most {})", count, kMaxTensors);
  for (std::size_t i = 0; i < count; ++i) {
    const tflite::Tensor& one = tensor(static_cast<int>(i));
    const std::string wish = short_name(one.name());
    names_.push_back(build_.fresh(wish.empty() ? fmt::format("tensor_{}", i) : wish));
    std::optional<DraftTensor> numbers = numbers_of(one, names_.back());
    if (!numbers) continue;
    out_.draft.add_constant(names_.back(), *numbers);
    constants_.emplace(static_cast<int>(i), std::move(*numbers));
  }
}

const tflite::Tensor& TfliteReader::tensor(int index) const {
  if (index < 0 || static_cast<std::size_t>(index) >= length(graph_->tensors()))
    fail_data("{}: it names tensor {} of {}", op_name_.empty() ? "the graph" : title(), index, length(graph_->tensors()));
  const tflite::Tensor* found = graph_->tensors()->Get(static_cast<flatbuffers::uoffset_t>(index));
  if (found == nullptr) fail_data("tensor {} is missing", index);
  return *found;
}

void TfliteReader::read_inputs() {
  if (length(graph_->inputs()) == 0) fail_data("it has no input");
  for (const int index : *graph_->inputs()) {
    const tflite::Tensor& one = tensor(index);
    const std::string& name = names_[static_cast<std::size_t>(index)];
    element_type(one, name);
    Shape shape;
    const auto* extents = length(one.shape_signature()) > 0 ? one.shape_signature() : one.shape();
    for (std::size_t i = 0; i < length(extents); ++i) shape.push_back(extents->Get(static_cast<flatbuffers::uoffset_t>(i)));
    constexpr std::size_t kMaxRank = 6;
    if (shape.size() > kMaxRank) fail_data("the input {} has {} dimensions (at most {})", name, shape.size(), kMaxRank);
    out_.draft.inputs.push_back({name, shape});
  }
}

void TfliteReader::read_operator(const tflite::Operator& op) {
  if (op.opcode_index() >= length(model_.operator_codes())) fail_data("an operator has the code number {} of {}", op.opcode_index(), length(model_.operator_codes()));
  const tflite::OperatorCode* code = model_.operator_codes()->Get(op.opcode_index());
  const int number = std::max<int>(code->short_code(), code->code());  // the short one ends at 127, then the other one counts
  const auto row = rows().find(number);
  constexpr int kCustom = 32;
  op_name_ = row != rows().end() ? row->second.name : number == kCustom ? "custom " + short_name(code->custom_code()) : fmt::format("operator {}", number);
  if (length(op.outputs()) == 0) fail_data("{}: it has no output", op_name_);
  const int first = op.outputs()->Get(0);
  node_name_ = "(unnamed)";
  tensor(first);
  node_name_ = names_[static_cast<std::size_t>(first)];
  for (const int index : *op.outputs()) {
    if (constants_.contains(index)) fail_data("{}: its output is a constant", title());
    const int type = tensor(index).type();
    constexpr int kUint8 = 3, kInt16 = 7, kInt8 = 9;
    has_integer_activations_ |= tensor(index).quantization() != nullptr && length(tensor(index).quantization()->scale()) > 0 && (type == kInt8 || type == kUint8 || type == kInt16);
  }
  if (row != rows().end()) return (this->*row->second.handler)(op);
  DraftNode node{node_name_, "tflite." + op_name_, inputs(op), {}, {}};
  for (const int index : *op.outputs()) node.outputs.push_back(names_[static_cast<std::size_t>(index)]);
  out_.draft.nodes.push_back(std::move(node));
}

bool TfliteReader::has_input(const tflite::Operator& op, std::size_t index) const {
  return index < length(op.inputs()) && op.inputs()->Get(static_cast<flatbuffers::uoffset_t>(index)) >= 0;
}

int TfliteReader::input_index(const tflite::Operator& op, std::size_t index) const {
  if (!has_input(op, index)) fail_data("{}: its input {} is missing", title(), index);
  const int found = op.inputs()->Get(static_cast<flatbuffers::uoffset_t>(index));
  tensor(found);
  return found;
}

std::vector<std::string> TfliteReader::inputs(const tflite::Operator& op) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < length(op.inputs()); ++i) out.push_back(has_input(op, i) ? input(op, i) : std::string());
  return out;
}

DraftTensor TfliteReader::constant(const tflite::Operator& op, std::size_t index) const {
  const auto found = constants_.find(input_index(op, index));
  if (found == constants_.end()) fail_data("{}: its input {} is computed, but a constant is needed", title(), input(op, index));
  return found->second;
}

Shape TfliteReader::shape_of_input(const tflite::Operator& op, std::size_t index) const {
  const auto* extents = tensor(input_index(op, index)).shape();
  Shape shape;
  for (std::size_t i = 0; i < length(extents); ++i) shape.push_back(extents->Get(static_cast<flatbuffers::uoffset_t>(i)));
  return shape;
}

const std::string& TfliteReader::output(const tflite::Operator& op) const { return names_.at(static_cast<std::size_t>(op.outputs()->Get(0))); }

std::string TfliteReader::before_activation(const tflite::Operator& op, int activation) {
  return activation == 0 ? output(op) : build_.fresh(output(op) + "/linear");
}

void TfliteReader::add_activation(const tflite::Operator& op, int activation, const std::string& from) {
  const std::string name = node_name_ + "/activation";
  switch (activation) {
    case 0:
      return;
    case 1:
      return build_.node("Relu", name, {from}, output(op));
    case 2:
      return clip(name, from, output(op), -1, 1);
    case 3:
      return clip(name, from, output(op), 0, 6);
    case 4:
      return build_.node("Tanh", name, {from}, output(op));
    default:
      fail_data("{}: its fused activation {} is not supported", title(), activation);
  }
}

void TfliteReader::clip(const std::string& name, const std::string& from, const std::string& to, double low, double high) {
  build_.node("Clip", name, {from, build_.constant(name + "/low", float_scalar(low)), build_.constant(name + "/high", float_scalar(high))}, to);
}

ForeignModel parse_tflite(const std::string& bytes, const std::string& file_name, const std::string& output) {
  if (bytes.empty()) fail_data("{}: empty file", file_name);
  if (bytes.size() > kMaxModelBytes) fail_data("{}: {} bytes (a model has at most {})", file_name, bytes.size(), kMaxModelBytes);
  constexpr flatbuffers::uoffset_t kMaxDepth = 16, kMaxTables = 500000;
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), kMaxDepth, kMaxTables);
  if (!tflite::VerifyModelBuffer(verifier)) fail_data("{}: truncated or not a TFLite model", file_name);
  const tflite::Model& model = *tflite::GetModel(bytes.data());
  constexpr std::uint32_t kVersion = 3;
  if (model.version() != kVersion) fail_data("{}: a TFLite model of version {}, {} is supported", file_name, model.version(), kVersion);
  try {
    return TfliteReader(bytes, model).read(output);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file_name, error.what()));
  }
}

std::vector<std::string> tflite_operators() { return TfliteReader::operators(); }

std::vector<std::string> TfliteReader::operators() {
  std::vector<std::string> names;
  for (const auto& [number, row] : TfliteReader::rows()) {
    const bool is_for_the_message = row.handler == &TfliteReader::read_leaky_relu || row.handler == &TfliteReader::read_prelu;
    if (!is_for_the_message) names.emplace_back(row.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace qmn
