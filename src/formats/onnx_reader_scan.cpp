// SPDX-License-Identifier: Apache-2.0
// formats/onnx_reader_scan.cpp   Scan: its body's values and parameters go into the tables of the graph around it.
#include "formats/onnx_reader.h"

#include "base/error.h"
#include "formats/onnx_conventions.h"

#include <algorithm>
#include <utility>

namespace qmn {

using namespace onnx_conventions;

bool OnnxReader::is_initial_state(const onnx::NodeProto& node) {
  constexpr const char* kOperators[] = {"Shape", "Slice", "Concat", "Expand"};
  return node.doc_string() == kInitialState && std::ranges::count(kOperators, node.op_type()) > 0;
}

void OnnxReader::read_initial_state(const onnx::NodeProto& node) {
  if (node.op_type() != "Expand") return;
  define(node.output(0), {.activation = kNoValue, .constant = constant(node, 0), .quantized = std::nullopt});
}

void OnnxReader::read_scan(const onnx::NodeProto& node) {
  OnnxAttributes attributes(node, title_);
  const std::int64_t input_count = attributes.integer("num_scan_inputs", 0), state_count = node.input_size() - input_count;
  std::vector<std::int64_t> input_axes = attributes.list("scan_input_axes"), output_axes = attributes.list("scan_output_axes");
  for (const char* directions : {"scan_input_directions", "scan_output_directions"}) {
    if (std::ranges::count(attributes.list(directions), 0) != std::ssize(attributes.list(directions))) {
      fail_data("{}: {} other than 0 (forward) are not supported", title_, directions);
    }
  }
  const onnx::GraphProto& body = attributes.graph("body");
  attributes.expect_no_other();
  const std::int64_t output_count = node.output_size() - state_count;
  if (input_count < 1 || state_count < 0 || output_count < 0 || body.input_size() != node.input_size() ||
      body.output_size() != node.output_size()) {
    fail_data("{}: {} inputs ({} scanned) and {} outputs do not fit a body with {} and {}", title_, node.input_size(), input_count,
              node.output_size(), body.input_size(), body.output_size());
  }
  const auto complete = [&](const char* name, std::vector<std::int64_t>& axes, std::int64_t count) {
    if (!axes.empty() && std::ssize(axes) != count) fail_data("{}: its attribute {} has {} numbers, but {} are needed", title_, name, axes.size(), count);
    axes.resize(static_cast<std::size_t>(count), 0);
  };
  complete("scan_input_axes", input_axes, input_count);
  complete("scan_output_axes", output_axes, output_count);

  Scan scan{.name = node_name_, .states = {}, .inputs = {}, .outputs = {}, .body = {}};
  for (int i = 0; i < state_count; ++i) scan.states.push_back({.initial = parameter(node, i), .body_in = kNoValue, .body_out = kNoValue});
  for (int i = 0; i < input_count; ++i) {
    const ValueId outer = activation(node, static_cast<int>(state_count) + i);
    const auto rank = static_cast<std::int64_t>(graph().shape(outer).size());
    const std::int64_t axis = input_axes[static_cast<std::size_t>(i)];
    scan.inputs.push_back({.outer = outer, .body_in = kNoValue, .axis = axis < 0 ? axis + rank : axis});
  }
  const std::vector<ValueId> results = read_body(body, scan);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::string& name = node.output(static_cast<int>(i));
    const bool is_read = !name.empty() && uses_.contains(canonical(name));
    if (i < scan.states.size()) {
      scan.states[i].body_out = results[i];
      if (is_read) scan.states[i].final_out = add_activation(name);
    } else if (is_read) {
      const auto rank = static_cast<std::int64_t>(graph().shape(results[i]).size()) + 1;
      const std::int64_t axis = output_axes[i - scan.states.size()];
      scan.outputs.push_back({.body_out = results[i], .outer = add_activation(name), .axis = axis < 0 ? axis + rank : axis});
    }
  }
  settle_shapes(graph(), scan, [&](const Node&, ValueId id, const Shape& shape) { graph().value(id).shape = shape; });
  nodes_->push_back(std::move(scan));
}

std::vector<ValueId> OnnxReader::read_body(const onnx::GraphProto& body, Scan& scan) {
  if (nodes_ != &graph().nodes) fail_data("{}: a Scan inside the body of a Scan is not supported", title_);
  const std::string scan_title = title_;
  const std::map<ValueId, std::size_t> outside = std::exchange(producers_, {});
  nodes_ = &scan.body;
  for (const onnx::TensorProto& tensor : body.initializer()) define_constant(tensor.name(), tensor);
  int index = 0;
  const auto enter = [&] {
    const ValueId id = add_activation(body.input(index++).name());
    producers_[id] = kEnters;
    return id;
  };
  for (Scan::State& state : scan.states) state.body_in = enter();
  for (Scan::Input& input : scan.inputs) input.body_in = enter();
  settle_body_inputs(graph(), scan, [&](const Node&, ValueId id, const Shape& shape) { graph().value(id).shape = shape; });
  for (int i = 0; i < body.node_size(); ++i) read_node(body.node(i), i);

  title_ = scan_title;
  std::vector<ValueId> results;
  for (const onnx::ValueInfoProto& info : body.output()) {
    const Entry& found = entry(info.name());
    if (found.quantized || found.activation == kNoValue) fail_data("{}: {} is no float32 result of its body", title_, info.name());
    check_scope(found.activation, info.name());
    results.push_back(found.activation);
  }
  nodes_ = &graph().nodes;
  producers_ = outside;
  return results;
}

}  // namespace qmn
