// SPDX-License-Identifier: Apache-2.0
// lower/lower_scan.cpp   Scan → loop.
//   A state        one tensor, filled in front of the loop, carried through it, and the Scan's result behind it; one format throughout
//   A scanned input   must lie step by step in memory: time is the height of an image, or the rows of [1, T, N]; the body reads it in place
//   An output of all steps   the body writes it piece by piece into its place
#include "lower/lowering.h"

#include "base/error.h"

#include <algorithm>
#include <utility>

namespace qmn {
namespace {

bool reads(const std::vector<Node>& nodes, ValueId id) {
  return std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) {
    const std::vector<ValueId> inputs = activation_inputs(node);
    return std::find(inputs.begin(), inputs.end(), id) != inputs.end();
  });
}

}  // namespace

/// All names of one carried or stacked value have one format.
QFormat Lowering::shared_format(ValueId id, const std::vector<ValueId>& others, const std::string& user) const {
  const QFormat format = activation_format(id, user);
  for (ValueId other : others) {
    if (other == kNoValue || activation_format(other, user) == format) continue;
    fail_data("{}: {} and {} are one value from step to step, but have the formats {} and {}; give both the same", user, graph_.value(id).name,
              graph_.value(other).name, format.name(), format_of(other, user).name());
  }
  return format;
}

/// Writes the initial value into a new tensor; constants that differ are added to zeros.
TensorId Lowering::add_state(const Scan::State& state, const std::string& user) {
  const QFormat format = shared_format(state.body_in, {state.body_out, state.final_out}, user);
  const ValueId named = state.final_out == kNoValue ? state.body_in : state.final_out;
  std::vector<std::int16_t> initial;
  for (float real : graph_.initializer(state.initial).data) initial.push_back(static_cast<std::int16_t>(quantize(static_cast<double>(real), format)));
  const bool is_uniform = std::all_of(initial.begin(), initial.end(), [&](std::int16_t raw) { return raw == initial.front(); });
  const TensorId tensor = add_tensor(named, user, format);
  const std::string name = program_.tensor(tensor).name;
  FillKernel fill{kernel_names_.take(name + "_start", "fill"), tensor, is_uniform ? initial.front() : std::int16_t{0}};
  if (is_uniform) {
    push(std::move(fill));
  } else {
    AddKernel add;
    add.name = kernel_names_.take(name + "_initial", "add");
    add.left = fill.output = add_tensor(program_.tensor(tensor), name + "_zeros", orders_.at(tensor));
    add.output = tensor;
    for (std::int64_t index : orders_.at(tensor)) add.constant.values.push_back(initial[static_cast<std::size_t>(index)]);
    add.constant.name = kernel_names_.take(graph_.value(state.initial).name, "initial");
    add.constant.format = format;
    add.clip = raw_range(format);
    push(std::move(fill));
    push(std::move(add));
  }
  tensors_[state.body_in] = tensor;
  return tensor;
}

/// The step of a scanned input, or of an output, as a tensor without memory of its own.
void Lowering::add_slice(LoopKernel& loop, const Scan::Input& input, const std::string& user) {
  const Shape& shape = graph_.shape(input.outer);
  const auto order = step_order(order_of(input.outer), shape, static_cast<std::size_t>(input.axis));
  if (!order) {
    fail_data("{}: the steps of its input {} of shape {} along dimension {} do not lie one behind the other in memory; scan the height of an "
              "image or dimension 1 of 1xTxN",
              user, graph_.value(input.outer).name, to_string(shape), input.axis);
  }
  const QFormat format = shared_format(input.outer, {input.body_in}, user);
  loop.inputs.push_back({tensor_of(input.outer), add_tensor(input.body_in, user, format, *order)});
}

/// A tensor of its own for a result of the body that is something else already: a state, an input, or another result.
TensorId Lowering::copied(TensorId id, const std::string& name) {
  const TensorId copy = add_tensor(program_.tensor(id), name, orders_.at(id));
  const int count = program_.tensor(id).value_count();
  push(CopyKernel{kernel_names_.take(name, "copy"), id, copy, CopyRows{.row_count = count, .in_step = count, .out_step = count},
                  raw_range(program_.tensor(id).format)});
  return copy;
}

void Lowering::lower_node(const Scan& node) {
  const std::string user = title(node);
  LoopKernel loop;
  loop.name = kernel_names_.take(node.name, "loop");
  loop.step_count = static_cast<int>(step_count(graph_, node));
  std::vector<TensorId> states;
  for (const Scan::State& state : node.states) states.push_back(add_state(state, user));

  std::vector<Kernel>* const around = std::exchange(kernels_, &loop.body);
  const auto first_of_body = static_cast<TensorId>(program_.tensors.size());
  for (const Scan::Input& input : node.inputs) {
    if (reads(node.body, input.body_in)) add_slice(loop, input, user);
  }
  std::set<TensorId> taken;  // slices, and results that have a place already
  for (const LoopKernel::Slice& input : loop.inputs) taken.insert(input.slice);
  lower_nodes(node.body);
  const auto result = [&](ValueId id, const char* suffix) {
    const TensorId tensor = tensor_of(id);
    const bool is_free = tensor >= first_of_body && taken.insert(tensor).second;
    return is_free ? tensor : copied(tensor, graph_.value(id).name + suffix);
  };
  for (std::size_t i = 0; i < states.size(); ++i) {
    const ValueId body_out = node.states[i].body_out;
    if (order_of(body_out) != orders_.at(states[i])) {
      fail_data("{}: its state {} becomes {}, which lies in memory in another order, as it holds an image that was flattened", user,
                graph_.value(node.states[i].body_in).name, graph_.value(body_out).name);
    }
    loop.states.push_back({states[i], result(body_out, "_next")});
  }
  for (const Scan::Output& output : node.outputs) {
    const QFormat format = shared_format(output.body_out, {output.outer}, user);
    const ValueOrder order = stacked_order(order_of(output.body_out), graph_.shape(output.outer), static_cast<std::size_t>(output.axis));
    const TensorId slice = result(output.body_out, "_step");
    loop.outputs.push_back({add_tensor(output.outer, user, format, order), slice});
  }
  kernels_ = around;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (node.states[i].final_out != kNoValue) tensors_[node.states[i].final_out] = states[i];
  }
  push(std::move(loop));
}

}  // namespace qmn
