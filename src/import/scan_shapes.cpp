// SPDX-License-Identifier: Apache-2.0
#include "import/scan_shapes.h"

#include "base/error.h"

#include <algorithm>
#include <set>

namespace qmn {
namespace {

const Draft& body_of(const OperatorCall& call) {
  const auto found = call.node.attributes.find("body");
  const auto* body = found == call.node.attributes.end() ? nullptr : std::get_if<std::shared_ptr<const Draft>>(&found->second);
  if (body == nullptr) fail_data("{}: its body is missing", call.node.title());
  return **body;
}

/// What the body reads and neither it nor its inputs define.
void take_in_constants(const OperatorCall& call, Draft& body, const std::function<std::shared_ptr<const DraftTensor>(const std::string&)>& constant_of) {
  std::set<std::string> known{""};
  for (const DraftInput& input : body.inputs) known.insert(input.name);
  for (const auto& [name, tensor] : body.constants) known.insert(name);
  for (const DraftNode& node : body.nodes) {
    for (const std::string& name : node.inputs) {
      if (!known.insert(name).second) continue;
      const std::shared_ptr<const DraftTensor> constant = constant_of(name);
      if (!constant) fail_data("{}: its body reads {}, which is no constant around it: make it an input of the Scan", call.node.title(), name);
      body.add_constant(name, *constant);
    }
    known.insert(node.outputs.begin(), node.outputs.end());
  }
}

}  // namespace

ScanShapes infer_scan(const OperatorCall& call, const std::function<std::shared_ptr<const DraftTensor>(const std::string&)>& constant_of) {
  const DraftNode& node = call.node;
  ScanShapes out{.body = body_of(call), .input_axes = {}, .output_axes = {}};
  const bool has_trip_count = node.integer("has_trip_count", 0) != 0;
  const auto count = static_cast<std::int64_t>(call.in.size()) - (has_trip_count ? 1 : 0), scanned = node.integer("num_scan_inputs", 0);
  if (scanned < 1 || scanned > count) fail_data("{}: it scans {} of {} inputs", node.title(), scanned, count);
  out.input_count = static_cast<std::size_t>(count);
  out.state_count = static_cast<std::size_t>(count - scanned);
  if (out.body.inputs.size() != out.input_count || out.body.outputs.size() < out.state_count || out.body.outputs.size() != node.outputs.size())
    fail_data("{}: {} inputs and {} outputs do not fit a body with {} and {}", node.title(), count, node.outputs.size(), out.body.inputs.size(), out.body.outputs.size());
  for (const char* name : {"scan_input_directions", "scan_output_directions"}) {
    const std::vector<std::int64_t> directions = node.integers(name, {});
    if (std::any_of(directions.begin(), directions.end(), [](std::int64_t each) { return each != 0; })) fail_data("{}: {} other than 0 (forward) are not supported", node.title(), name);
  }
  std::vector<std::int64_t> input_axes = node.integers("scan_input_axes", {});
  input_axes.resize(static_cast<std::size_t>(scanned), 0);
  out.output_axes = node.integers("scan_output_axes", {});
  out.output_axes.resize(out.body.outputs.size() - out.state_count, 0);
  for (std::size_t i = 0; i < out.input_count; ++i) {
    Shape shape = call.shape(i);
    if (i >= out.state_count) {
      out.input_axes.push_back(call.axis(input_axes[i - out.state_count], shape.size()));
      const auto at = shape.begin() + static_cast<std::ptrdiff_t>(out.input_axes.back());
      if (out.step_count != 0 && *at != out.step_count) fail_data("{}: its inputs have {} and {} steps", node.title(), out.step_count, *at);
      out.step_count = *at;
      shape.erase(at);
    }
    out.body.inputs[i].shape = shape;
  }
  if (has_trip_count && as_integers(call.constant(out.input_count)) != std::vector<std::int64_t>{out.step_count})
    fail_data("{}: a loop of {} steps over {} rows is not supported", node.title(), as_integers(call.constant(out.input_count)).at(0), out.step_count);
  take_in_constants(call, out.body, constant_of);
  return out;
}

void check_scan_results(const OperatorCall& call, const ScanShapes& shapes, const Analysis& body) {
  for (std::size_t i = 0; i < shapes.body.outputs.size(); ++i) {
    const auto found = body.values.find(body.draft.outputs.at(i));
    if (found == body.values.end()) fail_data("{}: its body has nodes that cannot be imported", call.node.title());
    if (i < shapes.state_count && found->second.shape != call.shape(i))
      fail_data("{}: a state of shape {} comes out of the body as {}", call.node.title(), to_string(call.shape(i)), to_string(found->second.shape));
  }
}

Shape outer_shape(const ScanShapes& shapes, const Analysis& body, std::size_t index) {
  Shape shape = body.values.at(body.draft.outputs.at(index)).shape;
  if (index < shapes.state_count) return shape;
  const std::int64_t axis = shapes.output_axes[index - shapes.state_count], rank = std::ssize(shape) + 1;
  if (axis < -rank || axis >= rank) fail_data("an output of a Scan is stacked along axis {} of {} dimensions", axis, rank);
  shape.insert(shape.begin() + (axis < 0 ? axis + rank : axis), shapes.step_count);
  return shape;
}

}  // namespace qmn
