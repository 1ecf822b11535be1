// SPDX-License-Identifier: Apache-2.0
// import/legalize_structure.cpp   Shapes, pieces, means.
//   Reshape to [1, all]                    ⇒   Flatten
//   Reshape of the input                   ⇒   an input of that shape
//   ReduceMean over height and width       ⇒   GlobalAveragePool; over one of them: AveragePool
//   Split, Slice of several axes           ⇒   Slices of one axis each
#include "import/legalizer.h"

#include "base/error.h"
#include "import/slicing.h"

#include <algorithm>

namespace qmn {

void Legalizer::legalize_reshape(const OperatorCall& call) {
  const std::string source = activation(call, 0);
  const Shape in = shape_of(source), &target = in_.values.at(output(call)).shape;
  if (in == target) return alias(output(call), source);
  const bool is_rows = target.size() == 2 && target[0] == 1;
  const bool is_input = !is_body_ && !producers_.contains(source) && !is_shared_.at(source);
  if (is_input && !is_rows) {
    if (target.empty() || target[0] != 1) fail_data("{}: it takes the batch dimension from the input", call.node.title());
    for (DraftInput& input : out_.inputs) {
      if (input.name == source) input.shape = target;
    }
    shapes_[source] = target;
    return alias(output(call), source);
  }
  if (!is_rows || in.empty() || in[0] != 1)
    fail_data("{}: a change of shape from {} to {} between layers is not supported; one to [batch, all] is", call.node.title(), to_string(in), to_string(target));
  emit(call, "Flatten", {source}, target, {{"axis", std::int64_t{1}}});
}

void Legalizer::legalize_transpose(const OperatorCall& call) {
  fail_data("{}: a change of layout from {} to {} that no layer absorbs is not supported", call.node.title(), to_string(call.shape(0)), to_string(in_.values.at(output(call)).shape));
}

void Legalizer::legalize_cast(const OperatorCall& call) {
  if (in_.values.at(output(call)).type != ElementType::float32) fail_data("{}: activations of integers are not supported", call.node.title());
  alias(output(call), activation(call, 0));
}

void Legalizer::legalize_concat(const OperatorCall& call) {
  const std::size_t axis = call.axis(call.node.integer("axis", 0), call.rank(0));
  if (axis == 0) fail_data("{}: along the batch", call.node.title());
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < call.in.size(); ++i) inputs.push_back(activation(call, i));
  if (inputs.size() == 1) return alias(output(call), inputs[0]);
  emit(call, "Concat", std::move(inputs), in_.values.at(output(call)).shape, {{"axis", static_cast<std::int64_t>(axis)}});
}

void Legalizer::legalize_slice(const OperatorCall& call) {
  std::string source = activation(call, 0);
  Shape shape = shape_of(source);
  const std::vector<AxisSlice> slices = slices_of(call);
  std::vector<std::size_t> cut;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    if (slices[i].count == shape[i] && slices[i].step == 1) continue;
    if (i == 0) fail_data("{}: it cuts the batch", call.node.title());
    if (slices[i].step != 1) fail_data("{}: a step of {} is not supported, 1 is", call.node.title(), slices[i].step);
    if (slices[i].count == 0) fail_data("{}: nothing is left of axis {}", call.node.title(), i);
    cut.push_back(i);
  }
  if (cut.empty()) return alias(output(call), source);
  for (std::size_t axis : cut) {
    shape[axis] = slices[axis].count;
    const auto integers = [&](const char* suffix, std::int64_t number) { return build_.integers(output(call) + suffix, {number}); };
    std::vector<std::string> inputs{source, integers("/start", slices[axis].start), integers("/end", slices[axis].start + slices[axis].count),
                                    integers("/axis", static_cast<std::int64_t>(axis))};
    if (axis == cut.back()) emit(call, "Slice", std::move(inputs), shape);
    else source = emit_helper(call, "/slice", "Slice", std::move(inputs), shape);
  }
}

void Legalizer::legalize_split(const OperatorCall& call) {
  const std::string source = activation(call, 0);
  const std::size_t axis = split_axis(call);
  if (axis == 0) fail_data("{}: it splits the batch", call.node.title());
  const std::vector<std::int64_t> lengths = split_lengths(call);
  std::int64_t start = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const std::string& name = call.node.outputs[i];
    const std::int64_t end = start + lengths[i];
    if (!name.empty() && uses_[name] > 0) {
      const auto integers = [&](const char* suffix, std::int64_t number) { return build_.integers(name + suffix, {number}); };
      build_.node("Slice", build_.fresh(call.node.name + "/part"), {source, integers("/start", start), integers("/end", end), integers("/axis", static_cast<std::int64_t>(axis))}, name);
      Shape shape = shape_of(source);
      shape[axis] = lengths[i];
      shapes_[name] = shape;
      producers_[name] = out_.nodes.size() - 1;
      alias(name, name);
    }
    start = end;
  }
}

void Legalizer::legalize_pad(const OperatorCall& call) {
  const std::string source = activation(call, 0);
  const std::vector<std::int64_t> pads = call.has(1) ? call.constant_integers(1) : call.node.integers("pads", {});
  const std::string mode = call.node.text("mode", "constant");
  const double value = call.has(2) ? call.constant(2).numbers.at(0) : call.node.real("value", 0);
  if (mode != "constant" || value != 0) fail_data("{}: mode {} with value {} is not supported, zeros are", call.node.title(), mode, value);
  if (std::all_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad == 0; })) return alias(output(call), source);
  const bool is_image = call.rank(0) == 4 && pads[0] == 0 && pads[1] == 0 && pads[4] == 0 && pads[5] == 0;
  if (!is_image || std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad < 0; }))
    fail_data("{}: only padding of height and width in front of a convolution is supported", call.node.title());
  pads_[output(call)] = {source, call.node.title(), {pads[2], pads[3], pads[6], pads[7]}};
}

void Legalizer::legalize_mean(const OperatorCall& call) {
  const std::string source = activation(call, 0);
  const Shape in = shape_of(source);
  const std::vector<std::size_t> axes = call.axes(1, in.size());
  std::vector<std::int64_t> kernel{1, 1};
  for (std::size_t axis : axes) {
    if (axis < 2 && in[axis] == 1) continue;
    if (in.size() != 4 || axis < 2) fail_data("{}: a mean over axis {} of {} is not supported, over height and width it is", call.node.title(), axis, to_string(in));
    kernel[axis - 2] = in[axis];
  }
  if (in.size() != 4) return alias(output(call), source);
  const Shape pooled{in[0], in[1], in[2] / kernel[0], in[3] / kernel[1]}, &target = in_.values.at(output(call)).shape;
  const DraftAttributes attributes{{"kernel_shape", kernel}};
  if (target == pooled) return emit(call, "AveragePool", {source}, pooled, attributes);
  if (target != Shape{1, element_count(pooled)}) fail_data("{}: a mean that leaves {} is not supported (keepdims = 1 is)", call.node.title(), to_string(target));
  emit(call, "Flatten", {emit_helper(call, "/mean", "AveragePool", {source}, pooled, attributes)}, target, {{"axis", std::int64_t{1}}});
}

}  // namespace qmn
