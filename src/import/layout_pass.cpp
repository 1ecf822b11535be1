// SPDX-License-Identifier: Apache-2.0
#include "import/layout_pass.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace qmn {

LayoutPass::LayoutPass(const Analysis& in, const std::vector<std::size_t>& input_order) : in_(in), build_(out_.draft) {
  for (const auto& [name, info] : in.values) build_.reserve(name);
  out_.draft.name = in.draft.name;
  const DraftInput& input = in.draft.inputs.at(0);
  StoredValue stored{input.name, permuted(input.shape, input_order), AxisGroups(input.shape.size()), {}};
  for (std::size_t axis = 0; axis < input_order.size(); ++axis) stored.groups[input_order[axis]] = {axis};
  if (stored.shape != input.shape) {
    out_.notes.push_back(fmt::format("the input {} is stored as {}: its dimensions in the order {}", input.name, to_string(stored.shape), fmt::join(input_order, ", ")));
  }
  out_.is_channels_last = input_order == std::vector<std::size_t>{0, 3, 1, 2};
  out_.draft.inputs = {{input.name, stored.shape}};
  define(input.name, std::move(stored));
}

LayoutPass::LayoutPass(const Analysis& in, const std::vector<StoredValue>& inputs, const LayoutPass& around) : in_(in), build_(out_.draft) {
  build_.reserve_all(around.build_);
  for (const auto& [name, info] : in.values) build_.reserve(name);
  out_.draft.name = in.draft.name;
  for (const StoredValue& input : inputs) {
    out_.draft.inputs.push_back({input.name, input.shape});
    define(input.name, input);
  }
}

Draft LayoutPass::run_body() {
  for (const DraftNode& node : in_.draft.nodes) add(node);
  for (const std::string& output : in_.draft.outputs) out_.draft.outputs.push_back(plain(output));
  return std::move(out_.draft);
}

bool LayoutPass::is_image_output(const StoredValue& value) { return value.is_permuted() && value.groups == AxisGroups{{0}, {2}, {3}, {1}}; }

LaidOut LayoutPass::run() {
  for (const DraftNode& node : in_.draft.nodes) add(node);
  const std::string& output = in_.draft.outputs.at(0);
  if (is_constant(output)) {
    out_.draft.outputs = {constant(output)};
  } else if (const StoredValue& value = values_.at(output); is_image_output(value)) {
    out_.draft.outputs = {value.name};
    out_.notes.push_back(fmt::format("the output {} is stored as {}, where the file has {}", output, to_string(value.shape), to_string(shape_of(output))));
  } else if (value.is_permuted() || !value.columns.empty() || shape_of(output).size() == 2) {
    out_.draft.outputs = {plain(output)};
  } else {
    out_.draft.outputs = {value.name};  // extents of 1 more or less
    if (value.groups.empty() || value.groups[0] != std::vector<std::size_t>{0})
      out_.notes.push_back(fmt::format("the output {} is stored as {}, the batch first", output, to_string(value.shape)));
  }
  return std::move(out_);
}

std::string LayoutPass::constant(const std::string& name) {
  if (!out_.draft.constants.contains(name)) out_.draft.add_constant(name, in_.draft.constants.at(name));
  return name;
}

std::string LayoutPass::plain(const std::string& name) {
  if (name.empty()) return name;
  if (is_constant(name)) return constant(name);
  const StoredValue value = values_.at(name);
  if (const auto known = plain_.find(name); known != plain_.end()) return known->second;
  std::string at = value.name;
  Shape shape = value.shape;
  if (!value.columns.empty() && value.is_permuted()) {
    const std::vector<std::int64_t> columns(value.columns.begin(), value.columns.end());
    at = build_.helper("Gather", name + "/layout", {at, build_.integers(name + "/columns", columns)}, {{"axis", std::int64_t{1}}});
    ++leftovers_;
  } else if (value.is_permuted()) {
    const std::vector<std::size_t> order = value.order();
    at = build_.transpose(name + "/layout", at, {order.begin(), order.end()});
    shape = permuted(shape, order);
    ++leftovers_;
  }
  if (shape != shape_of(name)) at = build_.helper("Reshape", name + "/shape", {at, build_.integers(name + "/shape_of", shape_of(name))});
  plain_[name] = at;
  return at;
}

void LayoutPass::define(const std::string& name, StoredValue value) {
  std::optional<std::size_t>& batch_axis = out_.batch_axes[name];
  for (std::size_t i = 0; i < value.groups.size(); ++i) {
    if (value.groups[i] == std::vector<std::size_t>{0}) batch_axis = i;
  }
  values_[name] = std::move(value);
}

void LayoutPass::emit_like(const DraftNode& node, std::vector<std::string> inputs, const StoredValue& like, DraftAttributes attributes) {
  DraftNode out{node.name, node.op, std::move(inputs), node.outputs, std::move(attributes)};
  for (const std::string& name : node.outputs) {
    if (name.empty()) continue;
    StoredValue value{name, like.shape, like.groups, like.columns};
    const Shape& logical = shape_of(name);
    for (std::size_t i = 0; i < logical.size(); ++i) {
      if (const auto axis = like.sole_axis(i)) value.shape[*axis] = logical[i];
    }
    define(name, std::move(value));
  }
  out_.draft.nodes.push_back(std::move(out));
}

void LayoutPass::emit_plain(const DraftNode& node) {
  DraftNode out = node;
  for (std::string& name : out.inputs) name = plain(name);
  for (const std::string& name : node.outputs) {
    if (!name.empty()) define(name, plain_value(name, shape_of(name)));
  }
  out_.draft.nodes.push_back(std::move(out));
}

void LayoutPass::add(const DraftNode& node) {
  static const std::set<std::string> functions{"Abs",  "Ceil",   "Clip",       "Elu",  "Exp",     "Floor", "HardSigmoid", "HardSwish",
                                               "Cast", "LeakyRelu", "Neg", "Reciprocal", "Relu", "Sigmoid", "Sqrt",  "Tanh"};
  static const std::set<std::string> combinations{"Add", "Div", "Max", "Min", "Mul", "PRelu", "Pow", "Sub", "Sum"};
  static const std::set<std::string> reshapes{"Flatten", "Reshape", "Squeeze", "Unsqueeze"};
  static const std::set<std::string> windowed{"AveragePool", "Conv", "GlobalAveragePool", "GlobalMaxPool", "MaxPool"};
  bool is_done = false;
  if (is_constant(node.inputs.empty() ? std::string() : node.inputs[0]) && !combinations.contains(node.op) && node.op != "Scan")
    return emit_plain(node);
  if (functions.contains(node.op)) is_done = add_function(node);
  else if (combinations.contains(node.op)) is_done = add_combination(node);
  else if (reshapes.contains(node.op)) is_done = add_reshape(node);
  else if (windowed.contains(node.op)) is_done = add_one_dimensional(node);
  else if (node.op == "Transpose") is_done = add_transpose(node);
  else if (node.op == "Concat") is_done = add_concat(node);
  else if (node.op == "Split" || node.op == "Softmax") is_done = add_along_axis(node);
  else if (node.op == "Slice") is_done = add_slice(node);
  else if (node.op == "Pad") is_done = add_pad(node);
  else if (node.op.starts_with("Reduce")) is_done = add_reduction(node);
  else if (node.op == "MatMul" || node.op == "Gemm") is_done = add_product(node);
  else if (node.op == "BatchNormalization") is_done = add_batch_norm(node);
  else if (node.op == "Scan") is_done = add_scan(node);
  if (!is_done) emit_plain(node);
}

bool LayoutPass::add_function(const DraftNode& node) {
  const StoredValue value = values_.at(node.inputs[0]);
  std::vector<std::string> inputs = node.inputs;
  inputs[0] = value.name;
  for (std::size_t i = 1; i < inputs.size(); ++i) inputs[i] = plain(inputs[i]);
  emit_like(node, std::move(inputs), value, node.attributes);
  return true;
}

bool LayoutPass::add_combination(const DraftNode& node) {
  const StoredValue* like = nullptr;
  for (const std::string& name : node.inputs) {
    if (is_constant(name)) continue;
    const StoredValue& value = values_.at(name);
    if (like == nullptr) like = &value;
    if (like->groups != value.groups || like->shape.size() != value.shape.size() || like->columns != value.columns) return false;
    const bool is_merged = !value.columns.empty() || std::any_of(value.groups.begin(), value.groups.end(), [](const auto& group) { return group.size() > 1; });
    if (is_merged && like->shape != value.shape) return false;
    if (element_count(value.shape) > element_count(like->shape)) like = &value;
  }
  if (like == nullptr || like->logical_shape() != shape_of(node.outputs[0])) return false;
  const StoredValue stored = *like;
  std::vector<std::string> inputs;
  for (const std::string& name : node.inputs) {
    if (!is_constant(name)) {
      inputs.push_back(values_.at(name).name);
      continue;
    }
    DraftTensor tensor = in_.draft.constants.at(name);
    tensor.shape.insert(tensor.shape.begin(), stored.groups.size() - tensor.shape.size(), 1);
    if (tensor.numbers.size() == 1) tensor.shape = {};
    inputs.push_back(build_.constant(name + "/stored", tensor.numbers.size() == 1 ? tensor : laid_out_like(stored, tensor)));
  }
  emit_like(node, std::move(inputs), stored, node.attributes);
  return true;
}

OperatorCall LayoutPass::call_of(const DraftNode& node) const {
  std::vector<const ValueInfo*> inputs;
  for (const std::string& name : node.inputs) inputs.push_back(name.empty() ? nullptr : &in_.values.at(name));
  return {node, std::move(inputs)};
}

}  // namespace qmn
