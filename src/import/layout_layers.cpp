// SPDX-License-Identifier: Apache-2.0
// import/layout_layers.cpp   Layers that absorb a layout: the rows of their weights, the steps of a Scan, the missing height of a sequence.
#include "import/layout_pass.h"

#include "base/check.h"
#include "base/error.h"

#include <algorithm>

namespace qmn {

bool LayoutPass::add_product(const DraftNode& node) {
  const StoredValue value = values_.at(node.inputs[0]);
  const bool is_gemm = node.op == "Gemm";
  if (value.groups.size() != 2 || !value.is_permuted() || !is_constant(node.inputs[1]) || node.integer("transA", 0) != 0) return false;
  if (value.sole_axis(0) != std::optional<std::size_t>(0)) return false;
  DraftTensor weight = in_.draft.constants.at(node.inputs[1]);
  if (weight.shape.size() != 2) return false;
  if (is_gemm && node.integer("transB", 0) != 0) weight = transposed(weight, {1, 0});
  const std::vector<std::size_t> places = column_places(value);
  const auto columns = static_cast<std::size_t>(weight.shape[1]);
  DraftTensor sorted = weight;
  for (std::size_t k = 0; k < places.size(); ++k) {
    std::copy_n(weight.numbers.begin() + static_cast<std::ptrdiff_t>(k * columns), columns, sorted.numbers.begin() + static_cast<std::ptrdiff_t>(places[k] * columns));
  }
  DraftNode out = node;
  out.attributes.erase("transB");
  const Shape rows{1, weight.shape[0]};
  out.inputs[0] = value.shape == rows ? value.name : build_.helper("Reshape", node.name + "/flat", {value.name, build_.integers(node.name + "/flat_shape", rows)});
  out.inputs[1] = build_.constant(node.inputs[1] + "/stored", std::move(sorted));
  if (node.has_input(2)) out.inputs[2] = plain(node.inputs[2]);
  define(node.outputs[0], plain_value(node.outputs[0], shape_of(node.outputs[0])));
  out_.draft.nodes.push_back(std::move(out));
  return true;
}

bool LayoutPass::add_batch_norm(const DraftNode& node) {
  const StoredValue value = values_.at(node.inputs[0]);
  if (value.sole_axis(1) != std::optional<std::size_t>(1)) return false;
  std::vector<std::string> inputs{value.name};
  for (std::size_t i = 1; i < node.inputs.size(); ++i) inputs.push_back(plain(node.inputs[i]));
  emit_like(node, std::move(inputs), value, node.attributes);
  return true;
}

bool LayoutPass::add_one_dimensional(const DraftNode& node) {
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
  define(node.outputs[0], {node.outputs[0], {out[0], out[1], 1, out[2]}, {{0}, {1}, {3}}, {}});
  out_.draft.nodes.push_back(std::move(lifted));
  return true;
}

bool LayoutPass::add_scan(const DraftNode& node) {
  const auto body = std::get<std::shared_ptr<const Draft>>(node.attributes.at("body"));
  const auto scanned = static_cast<std::size_t>(node.integer("num_scan_inputs", 1)), states = node.inputs.size() - scanned;
  std::vector<std::int64_t> axes = node.integers("scan_input_axes", {}), stored_axes, stacked_axes;
  axes.resize(scanned, 0);
  std::vector<StoredValue> inputs;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < states; ++i) {
    inputs.push_back(plain_value(body->inputs[i].name, body->inputs[i].shape));
    names.push_back(plain(node.inputs[i]));
  }
  for (std::size_t i = 0; i < scanned; ++i) {
    if (is_constant(node.inputs[states + i])) fail_data("{}: it scans a constant", node.title());
    const StoredValue& value = values_.at(node.inputs[states + i]);
    const std::size_t logical = axes[i] < 0 ? static_cast<std::size_t>(axes[i] + std::ssize(value.groups)) : static_cast<std::size_t>(axes[i]);
    const std::optional<std::size_t> axis = value.sole_axis(logical);
    if (!axis || *axis == 0 || !value.columns.empty()) fail_data("{}: it does not scan along one axis behind the batch", node.title());
    StoredValue inner{body->inputs[states + i].name, value.shape, value.groups, {}};
    inner.shape.erase(inner.shape.begin() + static_cast<std::ptrdiff_t>(*axis));
    inner.groups.erase(inner.groups.begin() + static_cast<std::ptrdiff_t>(logical));
    for (auto& group : inner.groups) {
      for (std::size_t& each : group) each -= each > *axis ? 1 : 0;
    }
    inputs.push_back(std::move(inner));
    names.push_back(value.name);
    stored_axes.push_back(static_cast<std::int64_t>(*axis));
  }
  Complaints none;
  const Analysis body_analysis = analyze_body(*body, none);
  QMN_CHECK(none.empty(), "the body was analyzed before");
  LayoutPass pass(body_analysis, inputs, *this);
  auto laid_out = std::make_shared<const Draft>(pass.run_body());
  build_.reserve_all(pass.build_);
  leftovers_ += pass.leftovers_;
  std::vector<std::int64_t> output_axes = node.integers("scan_output_axes", {});
  output_axes.resize(node.outputs.size() - states, 0);
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    const Shape& shape = shape_of(node.outputs[i]);
    if (i < states) {
      define(node.outputs[i], plain_value(node.outputs[i], shape));
      continue;
    }
    // The steps are stored behind the batch, wherever the file has them.
    const std::int64_t given = output_axes[i - states];
    const auto steps = static_cast<std::size_t>(given < 0 ? given + std::ssize(shape) : given);
    StoredValue stacked{node.outputs[i], {}, {}, {}};
    for (std::size_t k = 0, stored = 0; k < shape.size(); ++k) {
      if (k == steps) stacked.groups.push_back({1});
      else stacked.groups.push_back({stored == 0 ? stored++ : ++stored});
    }
    stacked.shape = Shape(shape.size());
    for (std::size_t k = 0; k < shape.size(); ++k) stacked.shape[stacked.groups[k][0]] = shape[k];
    stacked_axes.push_back(1);
    define(node.outputs[i], std::move(stacked));
  }
  DraftNode out{node.name, "Scan", std::move(names), node.outputs, {{"num_scan_inputs", static_cast<std::int64_t>(scanned)}, {"body", std::shared_ptr<const Draft>(std::move(laid_out))}}};
  out.attributes["scan_input_axes"] = stored_axes;
  if (!stacked_axes.empty()) out.attributes["scan_output_axes"] = stacked_axes;
  out_.draft.nodes.push_back(std::move(out));
  return true;
}

}  // namespace qmn
