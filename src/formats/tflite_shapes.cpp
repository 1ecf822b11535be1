// SPDX-License-Identifier: Apache-2.0
// formats/tflite_shapes.cpp   Operators that move data, and shape arithmetic.
#include "formats/strided_slice.h"
#include "formats/tflite_reader.h"

namespace qmn {
namespace {

std::int64_t scalar(const DraftTensor& tensor, const std::string& title) {
  if (tensor.numbers.size() != 1) fail_data("{}: one number is needed, but a constant of shape {} is there", title, to_string(tensor.shape));
  return as_integers(tensor)[0];
}

}  // namespace

void TfliteReader::read_identity(const tflite::Operator& op) { build_.node("Identity", node_name_, {input(op, 0)}, output(op)); }

void TfliteReader::read_reshape(const tflite::Operator& op) {
  const DraftAttributes attributes{{"allowzero", std::int64_t{1}}};
  if (has_input(op, 1)) return build_.node("Reshape", node_name_, {input(op, 0), input(op, 1)}, output(op), attributes);
  const auto* options = this->options<tflite::ReshapeOptions>(op);
  if (options == nullptr || options->new_shape() == nullptr) fail_data("{}: its new shape is missing", title());
  const std::vector<std::int64_t> shape(options->new_shape()->begin(), options->new_shape()->end());
  build_.node("Reshape", node_name_, {input(op, 0), build_.integers(node_name_ + "/shape", shape)}, output(op), attributes);
}

void TfliteReader::read_squeeze(const tflite::Operator& op) {
  const auto* options = this->options<tflite::SqueezeOptions>(op);
  std::vector<std::string> in{input(op, 0)};
  if (options != nullptr && options->axes() != nullptr && options->axes()->size() > 0)
    in.push_back(build_.integers(node_name_ + "/axes", {options->axes()->begin(), options->axes()->end()}));
  build_.node("Squeeze", node_name_, std::move(in), output(op));
}

void TfliteReader::read_expand_dims(const tflite::Operator& op) {
  build_.node("Unsqueeze", node_name_, {input(op, 0), build_.integers(node_name_ + "/axes", {scalar(constant(op, 1), title())})}, output(op));
}

void TfliteReader::read_transpose(const tflite::Operator& op) {
  build_.node("Transpose", node_name_, {input(op, 0)}, output(op), {{"perm", as_integers(constant(op, 1))}});
}

void TfliteReader::read_concatenation(const tflite::Operator& op) {
  const auto* options = this->options<tflite::ConcatenationOptions>(op);
  if (options == nullptr) fail_data("{}: its options are missing", title());
  const std::string out = before_activation(op, options->activation());
  build_.node("Concat", node_name_, inputs(op), out, {{"axis", std::int64_t{options->axis()}}});
  add_activation(op, options->activation(), out);
}

void TfliteReader::read_pack(const tflite::Operator& op) {
  const auto* options = this->options<tflite::PackOptions>(op);
  const std::int64_t axis = options == nullptr ? 0 : options->axis();
  const std::string axes = build_.integers(node_name_ + "/axes", {axis});
  std::vector<std::string> parts;
  for (const std::string& in : inputs(op)) parts.push_back(build_.helper("Unsqueeze", node_name_ + "/part", {in, axes}));
  build_.node("Concat", node_name_, std::move(parts), output(op), {{"axis", axis}});
}

void TfliteReader::read_split(const tflite::Operator& op) {
  DraftNode split{node_name_, "Split", {input(op, 1)}, {}, {{"axis", scalar(constant(op, 0), title())}}};
  for (const int index : *op.outputs()) split.outputs.push_back(names_[static_cast<std::size_t>(index)]);
  out_.draft.nodes.push_back(std::move(split));
}

void TfliteReader::read_slice(const tflite::Operator& op) {
  const std::vector<std::int64_t> begin = as_integers(constant(op, 1)), size = as_integers(constant(op, 2));
  if (begin.size() != size.size()) fail_data("{}: begin has {} numbers and size {}", title(), begin.size(), size.size());
  std::vector<std::int64_t> end;
  for (std::size_t i = 0; i < begin.size(); ++i) end.push_back(size[i] < 0 ? INT32_MAX : begin[i] + size[i]);
  build_.node("Slice", node_name_, {input(op, 0), build_.integers(node_name_ + "/begin", begin), build_.integers(node_name_ + "/end", end)}, output(op));
}

void TfliteReader::read_strided_slice(const tflite::Operator& op) {
  const auto* options = this->options<tflite::StridedSliceOptions>(op);
  StridedSlice slice{.name = node_name_, .title = title(), .input = input(op, 0), .output = output(op), .begin = as_integers(constant(op, 1)),
                     .end = as_integers(constant(op, 2)), .step = as_integers(constant(op, 3))};
  if (options != nullptr) {
    slice.begin_mask = options->begin_mask();
    slice.end_mask = options->end_mask();
    slice.ellipsis_mask = options->ellipsis_mask();
    slice.new_axis_mask = options->new_axis_mask();
    slice.shrink_axis_mask = options->shrink_axis_mask();
  }
  build_strided_slice(build_, slice);
}

void TfliteReader::read_pad(const tflite::Operator& op) {
  const std::string by_side = build_.transpose(node_name_ + "/by_side", input(op, 1), {1, 0});
  std::vector<std::string> in{input(op, 0), build_.helper("Reshape", node_name_ + "/pads", {by_side, build_.integers(node_name_ + "/pads_shape", {-1})})};
  if (has_input(op, 2)) in.push_back(input(op, 2));
  build_.node("Pad", node_name_, std::move(in), output(op));
}

void TfliteReader::read_reduce(const tflite::Operator& op) {
  const auto* options = this->options<tflite::ReducerOptions>(op);
  build_.node(op_name_ == "MEAN" ? "ReduceMean" : "ReduceSum", node_name_, {input(op, 0)}, output(op),
              {{"axes", as_integers(constant(op, 1))}, {"keepdims", std::int64_t{options != nullptr && options->keep_dims() ? 1 : 0}}});
}

void TfliteReader::read_shape(const tflite::Operator& op) { build_.node("Shape", node_name_, {input(op, 0)}, output(op)); }

void TfliteReader::read_gather(const tflite::Operator& op) {
  const auto* options = this->options<tflite::GatherOptions>(op);
  if (options != nullptr && options->batch_dims() != 0) fail_data("{}: batch_dims are not supported", title());
  build_.node("Gather", node_name_, {input(op, 0), input(op, 1)}, output(op), {{"axis", std::int64_t{options == nullptr ? 0 : options->axis()}}});
}

}  // namespace qmn
