// SPDX-License-Identifier: Apache-2.0
// formats/graphdef_shapes.cpp   Operators that move data, and shape arithmetic.
#include "formats/graphdef_reader.h"

#include "base/error.h"
#include "formats/strided_slice.h"

namespace qmn {
namespace {

std::int64_t scalar(const DraftTensor& tensor, const std::string& title) {
  if (tensor.numbers.size() != 1) fail_data("{}: one number is needed, but a constant of shape {} is there", title, to_string(tensor.shape));
  return as_integers(tensor)[0];
}

}  // namespace

void GraphDefReader::read_const(const tensorflow::Node& node) {
  const tensorflow::Attribute* value = attribute(node, "value", tensorflow::Attribute::kTensor);
  if (value == nullptr) fail_data("{}: its attribute value is missing", title(node));
  out_.draft.add_constant(node.name(), decode(value->tensor(), node.name()));
}

void GraphDefReader::read_identity(const tensorflow::Node& node) { same(node, "Identity", 1); }

void GraphDefReader::read_reshape(const tensorflow::Node& node) { same(node, "Reshape", 2, {{"allowzero", std::int64_t{1}}}); }

void GraphDefReader::read_squeeze(const tensorflow::Node& node) {
  const std::vector<std::int64_t> axes = integers(node, "squeeze_dims", integers(node, "axis", {}));
  std::vector<std::string> in{inputs(node, 1)[0]};
  if (!axes.empty()) in.push_back(build_.integers(node.name() + "/axes", axes));
  build_.node("Squeeze", node.name(), std::move(in), node.name());
}

void GraphDefReader::read_expand_dims(const tensorflow::Node& node) {
  build_.node("Unsqueeze", node.name(), {inputs(node, 2)[0], build_.integers(node.name() + "/axes", {scalar(constant(node, 1), title(node))})},
              node.name());
}

void GraphDefReader::read_transpose(const tensorflow::Node& node) {
  same(node, "Transpose", 2);
}

void GraphDefReader::read_concat(const tensorflow::Node& node) {
  std::vector<std::string> in = inputs(node, 2);
  const std::int64_t axis = scalar(constant(node, static_cast<int>(in.size()) - 1), title(node));
  in.pop_back();
  build_.node("Concat", node.name(), std::move(in), node.name(), {{"axis", axis}});
}

void GraphDefReader::read_pack(const tensorflow::Node& node) {
  const std::int64_t axis = integer(node, "axis", 0);
  const std::string axes = build_.integers(node.name() + "/axes", {axis});
  std::vector<std::string> parts;
  for (const std::string& in : inputs(node, 1)) parts.push_back(build_.helper("Unsqueeze", node.name() + "/part", {in, axes}));
  build_.node("Concat", node.name(), std::move(parts), node.name(), {{"axis", axis}});
}

void GraphDefReader::read_split(const tensorflow::Node& node) {
  const std::int64_t axis = scalar(constant(node, 0), title(node)), count = integer(node, "num_split", 0);
  constexpr std::int64_t kMaxParts = 1000;
  if (count < 1 || count > kMaxParts) fail_data("{}: num_split = {} is not between 1 and {}", title(node), count, kMaxParts);
  DraftNode split{node.name(), "Split", {inputs(node, 2)[1]}, {node.name()}, {{"axis", axis}}};
  for (std::int64_t part = 1; part < count; ++part) split.outputs.push_back(fmt::format("{}:{}", node.name(), part));
  out_.draft.nodes.push_back(std::move(split));
}

void GraphDefReader::read_slice(const tensorflow::Node& node) {
  const std::vector<std::int64_t> begin = as_integers(constant(node, 1)), size = as_integers(constant(node, 2));
  if (begin.size() != size.size()) fail_data("{}: begin has {} numbers and size {}", title(node), begin.size(), size.size());
  std::vector<std::int64_t> end;
  for (std::size_t i = 0; i < begin.size(); ++i) end.push_back(size[i] < 0 ? INT32_MAX : begin[i] + size[i]);
  build_.node("Slice", node.name(), {inputs(node, 1)[0], build_.integers(node.name() + "/begin", begin), build_.integers(node.name() + "/end", end)},
              node.name());
}

void GraphDefReader::read_strided_slice(const tensorflow::Node& node) {
  const auto mask = [&](const char* name) { return integer(node, name, 0); };
  build_strided_slice(build_, {.name = node.name(), .title = title(node), .input = inputs(node, 4)[0], .output = node.name(), .begin = as_integers(constant(node, 1)),
                               .end = as_integers(constant(node, 2)), .step = as_integers(constant(node, 3)), .begin_mask = mask("begin_mask"),
                               .end_mask = mask("end_mask"), .ellipsis_mask = mask("ellipsis_mask"), .new_axis_mask = mask("new_axis_mask"),
                               .shrink_axis_mask = mask("shrink_axis_mask")});
}

void GraphDefReader::read_pad(const tensorflow::Node& node) {
  const std::vector<std::string> in = inputs(node, node.op() == "PadV2" ? 3 : 2);
  const std::string by_side = build_.transpose(node.name() + "/by_side", in[1], {1, 0});
  const std::string pads = build_.helper("Reshape", node.name() + "/pads", {by_side, build_.integers(node.name() + "/pads_shape", {-1})});
  std::vector<std::string> all{in[0], pads};
  if (node.op() == "PadV2") all.push_back(in[2]);
  build_.node("Pad", node.name(), std::move(all), node.name());
}

void GraphDefReader::read_reduce(const tensorflow::Node& node) {
  const std::string op = node.op() == "Mean" ? "ReduceMean" : node.op() == "Sum" ? "ReduceSum" : "ReduceProd";
  build_.node(op, node.name(), {inputs(node, 2)[0]}, node.name(),
              {{"axes", as_integers(constant(node, 1))}, {"keepdims", std::int64_t{flag(node, "keep_dims", false) ? 1 : 0}}});
}

void GraphDefReader::read_shape(const tensorflow::Node& node) { same(node, "Shape", 1); }

void GraphDefReader::read_cast(const tensorflow::Node& node) {
  const tensorflow::Attribute* type = attribute(node, "DstT", tensorflow::Attribute::kType);
  if (type == nullptr) fail_data("{}: its attribute DstT is missing", title(node));
  constexpr int kFloat = 1, kDouble = 2, kHalf = 19;
  const bool is_float = type->type() == kFloat || type->type() == kDouble || type->type() == kHalf;
  same(node, "Cast", 1, {{"to", std::string(is_float ? "float32" : "int64")}});
}

void GraphDefReader::read_fill(const tensorflow::Node& node) {
  const std::vector<std::string> in = inputs(node, 2);
  build_.node("Expand", node.name(), {in[1], in[0]}, node.name());
}

void GraphDefReader::read_range(const tensorflow::Node& node) { same(node, "Range", 3); }

void GraphDefReader::read_gather(const tensorflow::Node& node) {
  const std::int64_t axis = scalar(constant(node, 2), title(node));
  same(node, "Gather", 2, {{"axis", axis}});
}

}  // namespace qmn
