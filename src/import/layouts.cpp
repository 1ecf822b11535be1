// SPDX-License-Identifier: Apache-2.0
// import/layouts.cpp
//   NHWC:  x → Transpose → Conv → Transpose → Relu → Reshape → MatMul(w)      ⇒      x' → Conv → Relu → Reshape → MatMul(w')
// with x' the input in NCHW and w' the rows of w in the order C, H, W. Axes that an operator names, and constants that it adds, are renamed
// and reordered the same way. Every way to store the input that could help is tried; the one that leaves the fewest Transposes wins.
#include "import/layouts.h"

#include "base/check.h"
#include "formats/draft_builder.h"
#include "import/slicing.h"
#include "import/stored_value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace qmn {
namespace {

class LayoutPass {
 public:
  /// `input_order`: of the logical axes, as they are stored; input_order[0] = 0.
  LayoutPass(const Analysis& in, const std::vector<std::size_t>& input_order) : in_(in), build_(out_.draft) {
    for (const auto& [name, info] : in.values) build_.reserve(name);
    out_.draft.name = in.draft.name;
    const DraftInput& input = in.draft.inputs.at(0);
    StoredValue stored{input.name, permuted(input.shape, input_order), AxisGroups(input.shape.size())};
    for (std::size_t axis = 0; axis < input_order.size(); ++axis) stored.groups[input_order[axis]] = {axis};
    if (stored.shape != input.shape) {
      out_.notes.push_back(fmt::format("the input {} is stored as {}: its dimensions in the order {}", input.name, to_string(stored.shape), fmt::join(input_order, ", ")));
    }
    out_.draft.inputs = {{input.name, stored.shape}};
    define(input.name, std::move(stored));
  }

  LaidOut run() {
    for (const DraftNode& node : in_.draft.nodes) add(node);
    const std::string& output = in_.draft.outputs.at(0);
    if (is_constant(output)) {
      out_.draft.outputs = {constant(output)};
    } else if (const StoredValue& value = values_.at(output); value.is_permuted()) {
      out_.draft.outputs = {value.name};
      out_.notes.push_back(fmt::format("the output {} is stored as {}, where the file has {}", output, to_string(value.shape), to_string(shape_of(output))));
    } else {
      out_.draft.outputs = {plain(output)};
    }
    return std::move(out_);
  }

  int leftover_count() const { return leftovers_; }

 private:
  const Shape& shape_of(const std::string& name) const { return in_.values.at(name).shape; }
  bool is_constant(const std::string& name) const { return in_.draft.constants.contains(name); }

  std::string constant(const std::string& name) {
    if (!out_.draft.constants.contains(name)) out_.draft.add_constant(name, in_.draft.constants.at(name));
    return name;
  }

  /// The value in its own order: what an operator reads that cannot be told otherwise.
  std::string plain(const std::string& name) {
    if (name.empty()) return name;
    if (is_constant(name)) return constant(name);
    const StoredValue value = values_.at(name);
    if (const auto known = plain_.find(name); known != plain_.end()) return known->second;
    std::string at = value.name;
    Shape shape = value.shape;
    if (value.is_permuted()) {
      const std::vector<std::size_t> order = value.order();
      at = build_.transpose(name + "/layout", at, {order.begin(), order.end()});
      shape = permuted(shape, order);
      ++leftovers_;
    }
    if (shape != shape_of(name)) at = build_.helper("Reshape", name + "/shape", {at, build_.integers(name + "/shape_of", shape_of(name))});
    plain_[name] = at;
    return at;
  }

  void define(const std::string& name, StoredValue value) {
    std::optional<std::size_t>& batch_axis = out_.batch_axes[name];
    for (std::size_t i = 0; i < value.groups.size(); ++i) {
      if (value.groups[i] == std::vector<std::size_t>{0}) batch_axis = i;
    }
    values_[name] = std::move(value);
  }

  /// The node with other inputs and attributes; its outputs are stored like `like`, of which the shape is taken from the outputs' own.
  void emit_like(const DraftNode& node, std::vector<std::string> inputs, const StoredValue& like, DraftAttributes attributes) {
    DraftNode out{node.name, node.op, std::move(inputs), node.outputs, std::move(attributes)};
    for (const std::string& name : node.outputs) {
      if (name.empty()) continue;
      StoredValue value{name, like.shape, like.groups};
      const Shape& logical = shape_of(name);
      for (std::size_t i = 0; i < logical.size(); ++i) {
        if (const auto axis = like.sole_axis(i)) value.shape[*axis] = logical[i];
      }
      define(name, std::move(value));
    }
    out_.draft.nodes.push_back(std::move(out));
  }

  void emit_plain(const DraftNode& node) {
    DraftNode out = node;
    for (std::string& name : out.inputs) name = plain(name);
    for (const std::string& name : node.outputs) {
      if (!name.empty()) define(name, plain_value(name, shape_of(name)));
    }
    out_.draft.nodes.push_back(std::move(out));
  }

  void add(const DraftNode& node) {
    static const std::set<std::string> functions{"Abs",  "Ceil",   "Clip",       "Elu",  "Exp",     "Floor", "HardSigmoid", "HardSwish",
                                                 "Cast", "LeakyRelu", "Neg", "Reciprocal", "Relu", "Sigmoid", "Sqrt",  "Tanh"};
    static const std::set<std::string> combinations{"Add", "Div", "Max", "Min", "Mul", "PRelu", "Pow", "Sub", "Sum"};
    static const std::set<std::string> reshapes{"Flatten", "Reshape", "Squeeze", "Unsqueeze"};
    static const std::set<std::string> windowed{"AveragePool", "Conv", "GlobalAveragePool", "GlobalMaxPool", "MaxPool"};
    bool is_done = false;
    if (is_constant(node.inputs.empty() ? std::string() : node.inputs[0]) && !combinations.contains(node.op)) return emit_plain(node);
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
    if (!is_done) emit_plain(node);
  }

  bool add_function(const DraftNode& node) {
    const StoredValue value = values_.at(node.inputs[0]);
    std::vector<std::string> inputs = node.inputs;
    inputs[0] = value.name;
    for (std::size_t i = 1; i < inputs.size(); ++i) inputs[i] = plain(inputs[i]);
    emit_like(node, std::move(inputs), value, node.attributes);
    return true;
  }

  bool add_combination(const DraftNode& node) {
    const StoredValue* like = nullptr;
    for (const std::string& name : node.inputs) {
      if (is_constant(name)) continue;
      const StoredValue& value = values_.at(name);
      if (like == nullptr) like = &value;
      if (like->groups != value.groups || like->shape.size() != value.shape.size()) return false;
      const bool is_merged = std::any_of(value.groups.begin(), value.groups.end(), [](const auto& group) { return group.size() > 1; });
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

  bool add_reshape(const DraftNode& node) {
    const std::optional<StoredValue> value = regrouped(values_.at(node.inputs[0]), shape_of(node.outputs[0]));
    if (!value) return add_split_reshape(node);
    define(node.outputs[0], *value);
    return true;
  }

  /// An axis is split: in the stored order that is a Reshape, whatever the axes before were.
  bool add_split_reshape(const DraftNode& node) {
    DraftNode reshape{node.name, "Reshape", {plain(node.inputs[0]), build_.integers(node.name + "/to", shape_of(node.outputs[0]))}, node.outputs, {}};
    define(node.outputs[0], plain_value(node.outputs[0], shape_of(node.outputs[0])));
    out_.draft.nodes.push_back(std::move(reshape));
    return true;
  }

  bool add_transpose(const DraftNode& node) {
    const StoredValue value = values_.at(node.inputs[0]);
    std::vector<std::int64_t> perm = node.integers("perm", {});
    for (std::size_t i = value.groups.size(); perm.size() < value.groups.size();) perm.push_back(static_cast<std::int64_t>(--i));
    StoredValue out{value.name, value.shape, {}};
    for (std::int64_t axis : perm) out.groups.push_back(value.groups.at(static_cast<std::size_t>(axis < 0 ? axis + std::ssize(value.groups) : axis)));
    define(node.outputs[0], std::move(out));
    return true;
  }

  std::size_t axis_of(const DraftNode& node, std::int64_t otherwise, std::size_t rank) const {
    const std::int64_t axis = node.integer("axis", otherwise);
    return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
  }

  bool add_concat(const DraftNode& node) {
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

  /// Split and Softmax.
  bool add_along_axis(const DraftNode& node) {
    const StoredValue value = values_.at(node.inputs[0]);
    const std::optional<std::size_t> axis = value.sole_axis(axis_of(node, node.op == "Softmax" ? -1 : 0, value.groups.size()));
    if (!axis) return false;
    DraftAttributes attributes = node.attributes;
    attributes["axis"] = static_cast<std::int64_t>(*axis);
    std::vector<std::string> inputs{value.name};
    for (std::size_t i = 1; i < node.inputs.size(); ++i) inputs.push_back(plain(node.inputs[i]));
    emit_like(node, std::move(inputs), value, std::move(attributes));
    return true;
  }

  OperatorCall call_of(const DraftNode& node) const {
    std::vector<const ValueInfo*> inputs;
    for (const std::string& name : node.inputs) inputs.push_back(name.empty() ? nullptr : &in_.values.at(name));
    return {node, std::move(inputs)};
  }

  bool add_slice(const DraftNode& node) {
    const StoredValue value = values_.at(node.inputs[0]);
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

  bool add_pad(const DraftNode& node) {
    const StoredValue value = values_.at(node.inputs[0]);
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

  bool add_reduction(const DraftNode& node) {
    const StoredValue value = values_.at(node.inputs[0]);
    const std::vector<std::size_t> axes = call_of(node).axes(1, value.groups.size());
    std::vector<std::int64_t> stored_axes;
    StoredValue out{node.outputs[0], value.shape, {}};
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
      define(node.outputs[0], {value.name, out.shape, out.groups});
      return true;
    }
    std::sort(stored_axes.begin(), stored_axes.end());
    out_.draft.nodes.push_back({node.name, node.op, {value.name}, node.outputs, {{"axes", stored_axes}, {"keepdims", std::int64_t{1}}}});
    define(node.outputs[0], std::move(out));
    return true;
  }

  /// value · w, with the rows of w in the order in which the value is stored.
  bool add_product(const DraftNode& node) {
    const StoredValue value = values_.at(node.inputs[0]);
    const bool is_gemm = node.op == "Gemm";
    if (value.groups.size() != 2 || !value.is_permuted() || !is_constant(node.inputs[1]) || node.integer("transA", 0) != 0) return false;
    if (value.sole_axis(0) != std::optional<std::size_t>(0)) return false;
    DraftTensor weight = in_.draft.constants.at(node.inputs[1]);
    if (weight.shape.size() != 2) return false;
    if (is_gemm && node.integer("transB", 0) != 0) weight = transposed(weight, {1, 0});
    const std::int64_t columns = weight.shape[1];
    Shape split;  // rows as the value counts them, then the columns
    std::vector<std::pair<std::size_t, std::size_t>> by_storage;
    for (std::size_t axis : value.groups[1]) {
      by_storage.emplace_back(axis, split.size());
      split.push_back(value.shape[axis]);
    }
    split.push_back(columns);
    std::sort(by_storage.begin(), by_storage.end());
    std::vector<std::size_t> perm;
    for (const auto& [axis, position] : by_storage) perm.push_back(position);
    perm.push_back(split.size() - 1);
    DraftTensor sorted = transposed({weight.type, split, weight.numbers}, perm);
    sorted.shape = weight.shape;
    DraftNode out = node;
    out.attributes.erase("transB");
    out.inputs[0] = build_.helper("Reshape", node.name + "/flat", {value.name, build_.integers(node.name + "/flat_shape", {1, weight.shape[0]})});
    out.inputs[1] = build_.constant(node.inputs[1] + "/stored", std::move(sorted));
    if (node.has_input(2)) out.inputs[2] = plain(node.inputs[2]);
    define(node.outputs[0], plain_value(node.outputs[0], shape_of(node.outputs[0])));
    out_.draft.nodes.push_back(std::move(out));
    return true;
  }

  /// Channels are axis 1 as stored too: the numbers behind them may lie as they like.
  bool add_batch_norm(const DraftNode& node) {
    const StoredValue value = values_.at(node.inputs[0]);
    if (value.sole_axis(1) != std::optional<std::size_t>(1)) return false;
    std::vector<std::string> inputs{value.name};
    for (std::size_t i = 1; i < node.inputs.size(); ++i) inputs.push_back(plain(node.inputs[i]));
    emit_like(node, std::move(inputs), value, node.attributes);
    return true;
  }

  /// N x C x L → N x C x 1 x L, the layer with a kernel of height 1, and back.
  bool add_one_dimensional(const DraftNode& node) {
    if (shape_of(node.inputs[0]).size() != 3) return false;
    const Shape &in = shape_of(node.inputs[0]), &out = shape_of(node.outputs[0]);
    const std::string wide = build_.fresh(node.inputs[0] + "/wide");
    const std::optional<StoredValue> value = regrouped(values_.at(node.inputs[0]), {in[0], in[1], 1, in[2]});
    DraftNode lifted = node;
    if (value && !value->is_permuted() && value->shape == Shape{in[0], in[1], 1, in[2]}) {
      lifted.inputs[0] = value->name;
    } else {
      lifted.inputs[0] = build_.helper("Reshape", wide, {plain(node.inputs[0]), build_.integers(wide + "_shape", {in[0], in[1], 1, in[2]})});
    }
    if (node.op == "Conv") {
      if (!is_constant(node.inputs[1])) return false;
      DraftTensor weight = in_.draft.constants.at(node.inputs[1]);
      weight.shape.insert(weight.shape.begin() + 2, 1);
      lifted.inputs[1] = build_.constant(node.inputs[1] + "/wide", std::move(weight));
      if (node.has_input(2)) lifted.inputs[2] = plain(node.inputs[2]);
    }
    for (const auto& [name, extra] : {std::pair{"kernel_shape", 1}, {"strides", 1}, {"dilations", 1}}) {
      std::vector<std::int64_t> numbers = node.integers(name, {});
      if (!numbers.empty()) lifted.attributes[name] = std::vector<std::int64_t>{extra, numbers[0]};
    }
    if (const std::vector<std::int64_t> pads = node.integers("pads", {}); !pads.empty()) lifted.attributes["pads"] = std::vector<std::int64_t>{0, pads[0], 0, pads[1]};
    define(node.outputs[0], {node.outputs[0], {out[0], out[1], 1, out[2]}, {{0}, {1}, {3}}});
    out_.draft.nodes.push_back(std::move(lifted));
    return true;
  }

  const Analysis& in_;
  LaidOut out_;
  DraftBuilder build_;
  std::map<std::string, StoredValue> values_;
  std::map<std::string, std::string> plain_;
  int leftovers_ = 0;
};

std::vector<std::vector<std::size_t>> input_orders(std::size_t rank) {
  if (rank == 3) return {{0, 1, 2}, {0, 2, 1}};
  if (rank == 4) return {{0, 1, 2, 3}, {0, 3, 1, 2}};
  std::vector<std::size_t> as_is;
  for (std::size_t i = 0; i < rank; ++i) as_is.push_back(i);
  return {as_is};
}

}  // namespace

LaidOut remove_layouts(const Analysis& analysis) {
  std::optional<LaidOut> best;
  int fewest = 0;
  for (const auto& order : input_orders(analysis.draft.inputs.at(0).shape.size())) {
    LayoutPass pass(analysis, order);
    LaidOut result = pass.run();
    if (!best || pass.leftover_count() < fewest) {
      best = std::move(result);
      fewest = pass.leftover_count();
    }
    if (fewest == 0) break;
  }
  QMN_CHECK(best.has_value(), "there is at least one order");
  return std::move(*best);
}

}  // namespace qmn
