// SPDX-License-Identifier: Apache-2.0
// import/layout_axes.cpp   Operators that name axes or move data: the axes are renamed to those that are stored, and moves are remembered.
#include "import/layout_pass.h"

#include "import/slicing.h"

#include <algorithm>

namespace qmn {

bool LayoutPass::add_reshape(const DraftNode& node) {
  if (values_.at(node.inputs[0]).columns.empty() && (node.op == "Squeeze" || node.op == "Unsqueeze")) {
    StoredValue value = values_.at(node.inputs[0]);
    const Shape &in = shape_of(node.inputs[0]), &out = shape_of(node.outputs[0]);
    const std::vector<std::size_t> axes = call_of(node).axes(1, std::max(in.size(), out.size()));
    for (std::size_t axis : axes) {
      if (node.op == "Unsqueeze") value.groups.insert(value.groups.begin() + static_cast<std::ptrdiff_t>(axis), std::vector<std::size_t>{});
    }
    for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
      if (node.op == "Squeeze" && in[*axis] == 1) value.groups.erase(value.groups.begin() + static_cast<std::ptrdiff_t>(*axis));
    }
    define(node.outputs[0], std::move(value));
    return true;
  }
  const std::optional<StoredValue> value = regrouped(values_.at(node.inputs[0]), shape_of(node.outputs[0]));
  if (!value) return add_split_reshape(node);
  define(node.outputs[0], *value);
  return true;
}

bool LayoutPass::add_split_reshape(const DraftNode& node) {
  DraftNode reshape{node.name, "Reshape", {plain(node.inputs[0]), build_.integers(node.name + "/to", shape_of(node.outputs[0]))}, node.outputs, {}};
  define(node.outputs[0], plain_value(node.outputs[0], shape_of(node.outputs[0])));
  out_.draft.nodes.push_back(std::move(reshape));
  return true;
}

bool LayoutPass::add_transpose(const DraftNode& node) {
  const StoredValue value = values_.at(node.inputs[0]);
  std::vector<std::int64_t> perm = node.integers("perm", {});
  for (std::size_t i = value.groups.size(); perm.size() < value.groups.size();) perm.push_back(static_cast<std::int64_t>(--i));
  if (!value.columns.empty()) return false;
  StoredValue out{value.name, value.shape, {}, {}};
  for (std::int64_t axis : perm) out.groups.push_back(value.groups.at(static_cast<std::size_t>(axis < 0 ? axis + std::ssize(value.groups) : axis)));
  define(node.outputs[0], std::move(out));
  return true;
}

std::size_t LayoutPass::axis_of(const DraftNode& node, std::int64_t otherwise, std::size_t rank) const {
  const std::int64_t axis = node.integer("axis", otherwise);
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
}

bool LayoutPass::add_concat_of_columns(const DraftNode& node) {
  std::vector<std::string> inputs;
  std::vector<std::size_t> columns;
  for (const std::string& name : node.inputs) {
    if (is_constant(name)) return false;
    const StoredValue& value = values_.at(name);
    if (value.groups.size() != 2 || value.sole_axis(0) != std::optional<std::size_t>(0)) return false;
  }
  if (axis_of(node, 0, 2) != 1) return false;
  for (const std::string& name : node.inputs) {
    const StoredValue value = values_.at(name);
    const std::size_t offset = columns.size();
    for (std::size_t place : column_places(value)) columns.push_back(offset + place);
    const Shape rows{1, static_cast<std::int64_t>(columns.size() - offset)};
    inputs.push_back(value.shape == rows ? value.name : build_.helper("Reshape", name + "/flat", {value.name, build_.integers(name + "/flat_shape", rows)}));
  }
  StoredValue joined = plain_value(node.outputs[0], {1, static_cast<std::int64_t>(columns.size())});
  joined.columns = std::move(columns);
  define(node.outputs[0], std::move(joined));
  out_.draft.nodes.push_back({node.name, "Concat", std::move(inputs), node.outputs, {{"axis", std::int64_t{1}}}});
  return true;
}

bool LayoutPass::add_concat(const DraftNode& node) {
  const bool has_merged = std::any_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& name) {
    return !is_constant(name) && values_.at(name).groups.size() == 2 && (!values_.at(name).columns.empty() || values_.at(name).groups[1].size() != 1);
  });
  if (has_merged) return add_concat_of_columns(node);
  std::vector<std::string> inputs;
  for (const std::string& name : node.inputs) {
    if (is_constant(name) || values_.at(name).groups != values_.at(node.inputs[0]).groups) return false;
    if (values_.at(name).shape.size() != values_.at(node.inputs[0]).shape.size()) return false;
    inputs.push_back(values_.at(name).name);
  }
  const StoredValue like = values_.at(node.inputs[0]);
  const std::optional<std::size_t> axis = like.sole_axis(axis_of(node, 0, like.groups.size()));
  if (!axis) return false;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {  // merged axes must have been merged from the same extents
    Shape shape = values_.at(node.inputs[i]).shape;
    shape[*axis] = like.shape[*axis];
    if (shape != like.shape) return false;
  }
  emit_like(node, std::move(inputs), like, {{"axis", static_cast<std::int64_t>(*axis)}});
  return true;
}

bool LayoutPass::add_along_axis(const DraftNode& node) {
  const StoredValue value = values_.at(node.inputs[0]);
  if (!value.columns.empty()) return false;
  const std::optional<std::size_t> axis = value.sole_axis(axis_of(node, node.op == "Softmax" ? -1 : 0, value.groups.size()));
  if (!axis) return false;
  DraftAttributes attributes = node.attributes;
  attributes["axis"] = static_cast<std::int64_t>(*axis);
  std::vector<std::string> inputs{value.name};
  for (std::size_t i = 1; i < node.inputs.size(); ++i) inputs.push_back(plain(node.inputs[i]));
  emit_like(node, std::move(inputs), value, std::move(attributes));
  return true;
}

bool LayoutPass::add_slice(const DraftNode& node) {
  const StoredValue value = values_.at(node.inputs[0]);
  if (!value.columns.empty()) return false;
  std::vector<std::int64_t> starts, ends, axes, steps;
  const std::vector<AxisSlice> slices = slices_of(call_of(node));
  for (std::size_t i = 0; i < slices.size(); ++i) {
    if (slices[i].count == shape_of(node.inputs[0])[i] && slices[i].step == 1) continue;
    const std::optional<std::size_t> axis = value.sole_axis(i);
    if (!axis) return false;
    const std::int64_t end = slices[i].start + slices[i].step * slices[i].count;
    starts.push_back(slices[i].start);
    ends.push_back(end < 0 ? INT32_MIN : end);
    axes.push_back(static_cast<std::int64_t>(*axis));
    steps.push_back(slices[i].step);
  }
  if (axes.empty()) {
    define(node.outputs[0], value);
    return true;
  }
  const std::string& name = node.name;
  emit_like(node, {value.name, build_.integers(name + "/starts", starts), build_.integers(name + "/ends", ends), build_.integers(name + "/axes", axes),
                   build_.integers(name + "/steps", steps)},
            value, {});
  return true;
}

bool LayoutPass::add_pad(const DraftNode& node) {
  const StoredValue value = values_.at(node.inputs[0]);
  if (!value.columns.empty()) return false;
  const OperatorCall call = call_of(node);
  const std::vector<std::int64_t> pads = call.has(1) ? call.constant_integers(1) : node.integers("pads", {});
  const std::size_t rank = value.groups.size(), stored_rank = value.shape.size();
  std::vector<std::int64_t> stored(2 * stored_rank, 0);
  for (std::size_t i = 0; i < rank; ++i) {
    if (pads[i] == 0 && pads[rank + i] == 0) continue;
    const std::optional<std::size_t> axis = value.sole_axis(i);
    if (!axis) return false;
    stored[*axis] = pads[i];
    stored[stored_rank + *axis] = pads[rank + i];
  }
  std::vector<std::string> inputs{value.name, build_.integers(node.name + "/pads", stored)};
  if (node.has_input(2)) inputs.push_back(plain(node.inputs[2]));
  DraftAttributes attributes = node.attributes;
  attributes.erase("pads");
  emit_like(node, std::move(inputs), value, std::move(attributes));
  return true;
}

bool LayoutPass::add_reduction(const DraftNode& node) {
  const StoredValue value = values_.at(node.inputs[0]);
  if (!value.columns.empty()) return false;
  const std::vector<std::size_t> axes = call_of(node).axes(1, value.groups.size());
  std::vector<std::int64_t> stored_axes;
  StoredValue out{node.outputs[0], value.shape, {}, {}};
  for (std::size_t i = 0; i < value.groups.size(); ++i) {
    const bool is_reduced = std::binary_search(axes.begin(), axes.end(), i);
    if (!is_reduced) out.groups.push_back(value.groups[i]);
    else if (node.integer("keepdims", 1) != 0) out.groups.push_back({});
    if (!is_reduced) continue;
    for (std::size_t axis : value.groups[i]) {
      if (axis == 0) return false;
      stored_axes.push_back(static_cast<std::int64_t>(axis));
      out.shape[axis] = 1;
    }
  }
  if (stored_axes.empty()) {  // over extents of 1
    define(node.outputs[0], {value.name, out.shape, out.groups, {}});
    return true;
  }
  std::sort(stored_axes.begin(), stored_axes.end());
  out_.draft.nodes.push_back({node.name, node.op, {value.name}, node.outputs, {{"axes", stored_axes}, {"keepdims", std::int64_t{1}}}});
  define(node.outputs[0], std::move(out));
  return true;
}

}  // namespace qmn
