// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_conventions.h"
#include "formats/onnx_writer.h"

namespace qmn {

using namespace onnx_conventions;

std::string OnnxWriter::write_initial(const Scan& scan, const Scan::State& state) {
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

void OnnxWriter::write_node(const Scan& scan) {
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
  for (const auto& [id, from] : rounded) write_fixed_point(id, from, graph_.value(id).name);
}

void OnnxWriter::write_body(const Scan& scan, onnx::GraphProto& body) {
  onnx::GraphProto* const around = std::exchange(out_, &body);
  body.set_name(scan.name + "/body");
  for (const Scan::State& state : scan.states) write_body_input(state.body_in);
  for (const Scan::Input& input : scan.inputs) write_body_input(input.body_in);
  for (const Node& inner : scan.body) std::visit([this](const auto& n) { write_node(n); }, inner);
  for (const Scan::State& state : scan.states) write_body_output(state.body_out);
  for (const Scan::Output& output : scan.outputs) write_body_output(output.body_out);
  out_ = around;
}

void OnnxWriter::write_body_input(ValueId id) {
  write_value_info(*out_->add_input(), graph_.value(id).name, graph_.shape(id));
  write_entering(id);
}

void OnnxWriter::write_body_output(ValueId id) {
  const std::string name = fresh_value(readers_name_.at(id) + "/result");
  add_node("Identity", fresh(node_names_, name), {readers_name_.at(id)}, name);
  write_value_info(*out_->add_output(), name, graph_.shape(id));
}

}  // namespace qmn
