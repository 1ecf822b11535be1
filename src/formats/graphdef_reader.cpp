// SPDX-License-Identifier: Apache-2.0
#include "formats/graphdef_reader.h"

#include "base/error.h"
#include "formats/graphdef_format.h"
#include "formats/names.h"
#include "formats/onnx_limits.h"
#include "formats/protobuf_limits.h"
#include "graph/shape_rules.h"

#include <fmt/ranges.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <set>

namespace qmn {
namespace {

enum Message { graph, node, entry, attribute, list, tensor, shape, dimension };

/// After tensorflow_graph.proto.
int message_of_field(int in, int field) {
  switch (in) {
    case graph:
      return field == 1 ? node : kLeaf;
    case node:
      return field == 5 ? entry : kLeaf;
    case entry:
      return field == 2 ? attribute : kLeaf;
    case attribute:
      return field == 1 ? list : field == 7 ? shape : field == 8 ? tensor : kLeaf;
    case tensor:
      return field == 2 ? shape : kLeaf;
    case shape:
      return field == 2 ? dimension : kLeaf;
    default:
      return kLeaf;
  }
}

bool is_control(const std::string& reference) { return reference.starts_with('^'); }
std::string node_name(const std::string& reference) { return reference.substr(0, reference.find(':')); }

/// Nodes that hold numbers or do nothing: no net ends there.
bool is_no_end(const tensorflow::Node& node) {
  static const std::set<std::string> ops{"Const", "Placeholder", "NoOp", "Assert", "PlaceholderWithDefault"};
  return ops.contains(node.op());
}

}  // namespace

const std::map<std::string, GraphDefReader::Handler>& GraphDefReader::handlers() {
  using R = GraphDefReader;
  static const std::map<std::string, Handler> table{
      {"Add", &R::read_binary},
      {"AddV2", &R::read_binary},
      {"AvgPool", &R::read_pool},
      {"BiasAdd", &R::read_bias_add},
      {"Cast", &R::read_cast},
      {"ConcatV2", &R::read_concat},
      {"Const", &R::read_const},
      {"Conv2D", &R::read_conv},
      {"DepthwiseConv2dNative", &R::read_depthwise},
      {"Exit", &R::read_exit},
      {"ExpandDims", &R::read_expand_dims},
      {"Fill", &R::read_fill},
      {"FusedBatchNorm", &R::read_batch_norm},
      {"FusedBatchNormV2", &R::read_batch_norm},
      {"FusedBatchNormV3", &R::read_batch_norm},
      {"GatherV2", &R::read_gather},
      {"Identity", &R::read_identity},
      {"LeakyRelu", &R::read_leaky_relu},
      {"MatMul", &R::read_mat_mul},
      {"MaxPool", &R::read_pool},
      {"Maximum", &R::read_binary},
      {"Mean", &R::read_reduce},
      {"Mfcc", &R::read_mfcc},
      {"Minimum", &R::read_binary},
      {"Mul", &R::read_binary},
      {"Neg", &R::read_unary},
      {"Pack", &R::read_pack},
      {"Pad", &R::read_pad},
      {"PadV2", &R::read_pad},
      {"Placeholder", &R::read_placeholder},
      {"PlaceholderWithDefault", &R::read_placeholder},
      {"Prod", &R::read_reduce},
      {"Range", &R::read_range},
      {"RealDiv", &R::read_binary},
      {"Relu", &R::read_unary},
      {"Relu6", &R::read_relu6},
      {"Reshape", &R::read_reshape},
      {"Rsqrt", &R::read_rsqrt},
      {"Shape", &R::read_shape},
      {"Sigmoid", &R::read_unary},
      {"Slice", &R::read_slice},
      {"Snapshot", &R::read_identity},
      {"Softmax", &R::read_softmax},
      {"Split", &R::read_split},
      {"Sqrt", &R::read_unary},
      {"Square", &R::read_square},
      {"Squeeze", &R::read_squeeze},
      {"StopGradient", &R::read_identity},
      {"StridedSlice", &R::read_strided_slice},
      {"Sub", &R::read_binary},
      {"Sum", &R::read_reduce},
      {"Tanh", &R::read_unary},
      {"Transpose", &R::read_transpose},
  };
  return table;
}

ForeignModel GraphDefReader::read(const std::string& wanted_output) {
  index_nodes();
  const std::string output = wanted_output.empty() ? find_output() : wanted_output;
  if (!nodes_.contains(node_name(output))) fail_data("it has no node {} (--output)", output);
  out_.draft.name = "graph";
  for (const tensorflow::Node* node : order({output}, false)) read_node(*node);
  out_.draft.outputs = {value_name(output)};
  return std::move(out_);
}

void GraphDefReader::index_nodes() {
  if (in_.node_size() == 0) fail_data("truncated or not a TensorFlow GraphDef: it has no node");
  if (in_.node_size() > kMaxNodes) fail_data("{} nodes (at most {})", in_.node_size(), kMaxNodes);
  for (const tensorflow::Node& node : in_.node()) {
    check_name(node.name(), "a node");
    check_name(node.op(), "an operator");
    for (const std::string& reference : node.input()) check_name(reference, "an input");
    if (node.name().empty()) fail_data("a {} node has no name", node.op());
    if (!nodes_.emplace(node.name(), &node).second) fail_data("the node {} is defined twice", node.name());
    build_.reserve(node.name());
  }
}

std::string GraphDefReader::find_output() const {
  std::set<std::string> read;
  for (const tensorflow::Node& node : in_.node()) {
    for (const std::string& reference : node.input()) read.insert(node_name(is_control(reference) ? reference.substr(1) : reference));
  }
  std::vector<std::string> ends;
  for (const tensorflow::Node& node : in_.node()) {
    if (!read.contains(node.name()) && !is_no_end(node)) ends.push_back(node.name());
  }
  if (ends.empty()) fail_data("it has no output: every node is read by another; name one by --output NODE");
  constexpr std::size_t kMaxListed = 20;
  if (ends.size() > kMaxListed) ends.resize(kMaxListed);
  if (ends.size() > 1) fail_data("it has the outputs {}: name the one to keep by --output NODE", fmt::join(ends, ", "));
  return ends.front();
}

const tensorflow::Node& GraphDefReader::node_of(const std::string& reference, const tensorflow::Node& reader) const {
  const auto found = nodes_.find(node_name(reference));
  if (found == nodes_.end()) fail_data("{}: it reads {}, which is no node of the file", title(reader), reference);
  return *found->second;
}

std::vector<std::string> GraphDefReader::dependencies(const tensorflow::Node& node, bool is_body) const {
  if (node.op() == "Mfcc") return {};  // what stands before it is the front end
  if (is_body && (node.op() == "Enter" || node.op() == "Switch" || node.op() == "TensorArrayReadV3")) return {};
  if (!is_body && node.op() == "Exit") return outside_of(find_loop(node));
  return inputs(node, 0);
}

std::vector<const tensorflow::Node*> GraphDefReader::order(const std::vector<std::string>& outputs, bool is_body) const {
  struct Visit {
    const tensorflow::Node* node;
    std::vector<std::string> dependencies;
    std::size_t next = 0;
  };
  std::vector<const tensorflow::Node*> ordered;
  std::set<const tensorflow::Node*> begun, done;
  for (const std::string& output : outputs) {
    const auto root = nodes_.find(node_name(output));
    if (root == nodes_.end()) fail_data("a loop reads {}, which is no node of the file", output);
    if (!begun.insert(root->second).second) continue;
    std::vector<Visit> stack{{root->second, dependencies(*root->second, is_body)}};
    while (!stack.empty()) {
      Visit& visit = stack.back();
      if (visit.next == visit.dependencies.size()) {
        ordered.push_back(visit.node);
        done.insert(visit.node);
        stack.pop_back();
        continue;
      }
      const tensorflow::Node* input = &node_of(visit.dependencies[visit.next++], *visit.node);
      if (begun.insert(input).second) {
        stack.push_back({input, dependencies(*input, is_body)});
      } else if (!done.contains(input)) {
        fail_data("{}: it depends on itself", title(*input));
      }
    }
  }
  return ordered;
}

void GraphDefReader::read_node(const tensorflow::Node& node) {
  const auto handler = handlers().find(node.op());
  if (handler != handlers().end()) return (this->*handler->second)(node);
  out_.draft.nodes.push_back({node.name(), "tensorflow." + node.op(), inputs(node, 0), {node.name()}, {}});
}

std::string GraphDefReader::value_name(const std::string& reference) {
  return reference.ends_with(":0") ? reference.substr(0, reference.size() - 2) : reference;
}

std::vector<std::string> GraphDefReader::inputs(const tensorflow::Node& node, std::size_t at_least) const {
  std::vector<std::string> names;
  for (const std::string& reference : node.input()) {
    if (!is_control(reference)) names.push_back(value_name(reference));
  }
  if (names.size() < at_least) fail_data("{}: it has {} inputs, but {} are needed", title(node), names.size(), at_least);
  return names;
}

DraftTensor GraphDefReader::constant(const tensorflow::Node& node, int index) const {
  const tensorflow::Node* source = &node_of(inputs(node, static_cast<std::size_t>(index) + 1)[static_cast<std::size_t>(index)], node);
  for (int steps = 0; source->op() == "Identity" && steps < in_.node_size(); ++steps) source = &node_of(inputs(*source, 1)[0], *source);
  const tensorflow::Attribute* value = attribute(*source, "value", tensorflow::Attribute::kTensor);
  if (source->op() != "Const" || value == nullptr)
    fail_data("{}: its input {} is computed by {}, but a constant is needed", title(node), index, title(*source));
  return decode(value->tensor(), source->name());
}

const tensorflow::Attribute* GraphDefReader::attribute(const tensorflow::Node& node, const char* name,
                                                       tensorflow::Attribute::ValueCase kind) const {
  const auto found = node.attr().find(name);
  if (found == node.attr().end()) return nullptr;
  if (found->second.value_case() != kind) fail_data("{}: its attribute {} is of the wrong kind", title(node), name);
  return &found->second;
}

std::string GraphDefReader::text(const tensorflow::Node& node, const char* name, const std::string& otherwise) const {
  const tensorflow::Attribute* found = attribute(node, name, tensorflow::Attribute::kS);
  if (found == nullptr) return otherwise;
  check_name(found->s(), "an attribute");
  return found->s();
}

std::int64_t GraphDefReader::integer(const tensorflow::Node& node, const char* name, std::int64_t otherwise) const {
  const tensorflow::Attribute* found = attribute(node, name, tensorflow::Attribute::kI);
  if (found != nullptr && (found->i() < -kMaxElements || found->i() > kMaxElements))
    fail_data("{}: its attribute {} is {}, beyond ±{}", title(node), name, found->i(), kMaxElements);
  return found == nullptr ? otherwise : found->i();
}

float GraphDefReader::real(const tensorflow::Node& node, const char* name, float otherwise) const {
  const tensorflow::Attribute* found = attribute(node, name, tensorflow::Attribute::kF);
  return found == nullptr ? otherwise : found->f();
}

bool GraphDefReader::flag(const tensorflow::Node& node, const char* name, bool otherwise) const {
  const tensorflow::Attribute* found = attribute(node, name, tensorflow::Attribute::kB);
  return found == nullptr ? otherwise : found->b();
}

std::vector<std::int64_t> GraphDefReader::integers(const tensorflow::Node& node, const char* name,
                                                   const std::vector<std::int64_t>& otherwise) const {
  const tensorflow::Attribute* found = attribute(node, name, tensorflow::Attribute::kList);
  if (found == nullptr) return otherwise;
  for (std::int64_t number : found->list().i()) {
    if (number < -kMaxElements || number > kMaxElements)
      fail_data("{}: its attribute {} holds {}, beyond ±{}", title(node), name, number, kMaxElements);
  }
  return {found->list().i().begin(), found->list().i().end()};
}

void GraphDefReader::same(const tensorflow::Node& node, const char* op, std::size_t input_count, DraftAttributes attributes) {
  std::vector<std::string> names = inputs(node, input_count);
  names.resize(input_count);
  build_.node(op, node.name(), std::move(names), node.name(), std::move(attributes));
}

ForeignModel parse_graphdef(const std::string& bytes, const std::string& file_name, const std::string& output) {
  if (bytes.empty()) fail_data("{}: empty file", file_name);
  if (bytes.size() > kMaxModelBytes) fail_data("{}: {} bytes (a model has at most {})", file_name, bytes.size(), kMaxModelBytes);
  google::protobuf::SetLogHandler(nullptr);  // the one message is ours
  tensorflow::Graph proto;
  if (!is_modest_protobuf(bytes, message_of_field) || !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    fail_data("{}: truncated or not a TensorFlow GraphDef", file_name);
  }
  try {
    return GraphDefReader(proto).read(output);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file_name, error.what()));
  }
}

std::vector<std::string> graphdef_operators() {
  // Read together with Mfcc, and with Exit.
  std::vector<std::string> names{"AudioSpectrogram", "DecodeWav", "Enter", "Less", "LoopCond", "Merge", "NextIteration", "Switch", "TensorArrayReadV3", "TensorArrayScatterV3", "TensorArrayV3"};
  for (const auto& [op, handler] : GraphDefReader::handlers()) {
    if (op != "LeakyRelu") names.push_back(op);  // which is read for a better message
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace qmn
