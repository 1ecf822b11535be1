// SPDX-License-Identifier: Apache-2.0
// formats/onnx_reader_checks.cpp   What is looked at before anything is built: sizes, names, operator set, operators.
#include "formats/onnx_reader.h"

#include "base/error.h"
#include "formats/onnx_conventions.h"
#include "formats/onnx_limits.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace qmn {

using namespace onnx_conventions;

namespace {

/// The graphs among the attributes of a node: bodies.
std::vector<const onnx::GraphProto*> bodies(const onnx::NodeProto& node) {
  std::vector<const onnx::GraphProto*> out;
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) out.push_back(&attribute.g());
    for (const onnx::GraphProto& graph : attribute.graphs()) out.push_back(&graph);
  }
  return out;
}

}  // namespace

int OnnxReader::count_nodes(const onnx::GraphProto& in) const {
  if (in.sparse_initializer_size() > 0) fail_data("sparse initializers are not supported: save the weights as dense tensors");
  int count = in.node_size();
  for (const onnx::NodeProto& node : in.node()) {
    for (const onnx::GraphProto* body : bodies(node)) count += count_nodes(*body);
  }
  return count;
}

void OnnxReader::check_size() const {
  const int count = count_nodes(in_);
  if (count > kMaxNodes) fail_data("{} nodes (at most {})", count, kMaxNodes);
}

void OnnxReader::check_names(const onnx::GraphProto& in) {
  const auto check = [](const std::string& name, const char* what) {
    constexpr std::size_t kMaxNameBytes = 200;
    if (name.size() > kMaxNameBytes) fail_data("the name of {} has {} bytes (at most {})", what, name.size(), kMaxNameBytes);
    if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
      fail_data("the name of {} holds a control character", what);
    }
  };
  check(in.name(), "the graph");
  for (const onnx::TensorProto& tensor : in.initializer()) {
    check(tensor.name(), "an initializer");
    all_names_.insert(tensor.name());
  }
  for (const auto* infos : {&in.input(), &in.output()}) {
    for (const onnx::ValueInfoProto& info : *infos) {
      check(info.name(), "an input or output");
      all_names_.insert(info.name());
    }
  }
  for (const onnx::NodeProto& node : in.node()) {
    check(node.name(), "a node");
    check(node.op_type(), "an operator");
    check(node.domain(), "an operator's domain");
    for (const auto* names : {&node.input(), &node.output()}) {
      for (const std::string& name : *names) {
        check(name, "a tensor");
        all_names_.insert(name);
      }
    }
    for (const onnx::AttributeProto& attribute : node.attribute()) check(attribute.name(), "an attribute");
    for (const onnx::GraphProto* body : bodies(node)) check_names(*body);
  }
}

void OnnxReader::read_opset() {
  for (const onnx::OperatorSetIdProto& opset : proto_.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") opset_ = opset.version();
  }
  if (opset_ == 0) fail_data("truncated or not an ONNX model: it names no operator set");
  if (opset_ < kOldestOpset || opset_ > kNewestOpset) {
    fail_data("operator set {} is not supported: export the model with opset {} to {}", opset_, kOldestOpset, kNewestOpset);
  }
}

bool OnnxReader::is_supported(const onnx::NodeProto& node) {
  if (is_initial_state(node)) return true;
  if (!handlers().contains(node.op_type())) return false;
  if (node.domain().empty() || node.domain() == "ai.onnx") return true;
  return node.domain() == kMicrosoftDomain && (node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear");
}

void OnnxReader::list_unsupported(const onnx::GraphProto& in, std::vector<std::string>& unsupported) const {
  for (const onnx::NodeProto& node : in.node()) {
    if (is_supported(node)) {
      for (const onnx::GraphProto* body : bodies(node)) list_unsupported(*body, unsupported);
      continue;
    }
    const std::string domain = node.domain().empty() ? "" : node.domain() + ".";
    unsupported.push_back(fmt::format("{}{} {}", domain, node.op_type(), node.name().empty() ? "(unnamed)" : node.name()));
  }
}

void OnnxReader::check_operators() const {
  std::vector<std::string> unsupported, supported;
  list_unsupported(in_, unsupported);
  if (unsupported.empty()) return;
  for (const auto& [op, handler] : handlers()) supported.push_back(op);
  const std::size_t count = unsupported.size();
  constexpr std::size_t kMaxListed = 100;
  if (count > kMaxListed) {
    unsupported.resize(kMaxListed);
    unsupported.push_back(fmt::format("and {} more", count - kMaxListed));
  }
  fail_data("{} {} not supported: {} (supported: {})", count, count == 1 ? "node is" : "nodes are", fmt::join(unsupported, ", "),
            fmt::join(supported, ", "));
}

void OnnxReader::collect_aliases_and_uses(const onnx::GraphProto& in) {
  for (const onnx::NodeProto& node : in.node()) {
    for (const onnx::GraphProto* body : bodies(node)) collect_aliases_and_uses(*body);
    if (is_initial_state(node)) continue;
    if (node.op_type() == "Identity" && node.input_size() == 1 && node.output_size() == 1) {
      if (!aliases_.emplace(node.output(0), canonical(node.input(0))).second) fail_data("{} is defined twice", node.output(0));
    } else {
      for (const std::string& name : node.input()) ++uses_[canonical(name)];
    }
  }
  for (const onnx::ValueInfoProto& output : in.output()) ++uses_[canonical(output.name())];
}

std::string OnnxReader::canonical(const std::string& name) const {
  const auto found = aliases_.find(name);
  return found == aliases_.end() ? name : found->second;
}

}  // namespace qmn
