// SPDX-License-Identifier: Apache-2.0
// engine/train_node.cpp   Each operator by torch's own differentiable operations. Through time, a Scan is unrolled: autograd sees all steps.
#include "engine/train_node.h"

#include "base/check.h"
#include "base/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tanh.h>

#include <algorithm>
#include <limits>

namespace qmn {
namespace {

at::Tensor average(const AveragePool2d& node, const at::Tensor& input) {
  const auto [top, left, bottom, right] = node.pads;
  if (top == 0 && left == 0 && bottom == 0 && right == 0) return at::avg_pool2d(input, node.kernel, node.strides);
  const auto sums = [&](const at::Tensor& tensor) {
    return at::avg_pool2d(at::constant_pad_nd(tensor, {left, right, top, bottom}), node.kernel, node.strides, {0, 0}, false, true, 1);
  };
  return sums(input) / sums(at::ones({1, 1, input.size(2), input.size(3)}, input.options()));
}

at::Tensor activate(const at::Tensor& result, Activation activation) {
  if (activation == Activation::none) return result;
  return activation == Activation::relu ? at::relu(result) : at::clamp(result, 0, 6);
}

struct TrainNode {
  const TrainContext& context;
  std::span<const at::Tensor> inputs;
  const std::uint64_t seed;
  const at::Tensor& input = inputs.front();

  at::Tensor operator()(const Conv2d& node) const { return activate(convolve(node, input, context.rounded), node.activation); }
  at::Tensor operator()(const FullyConnected& node) const { return activate(multiply(node, input, context.rounded), node.activation); }
  at::Tensor operator()(const BatchNorm&) const { QMN_CHECK(false, "batch norm works on all chunks at once"); }
  at::Tensor operator()(const Relu&) const { return at::relu(input); }
  at::Tensor operator()(const AveragePool2d& node) const { return average(node, input); }
  at::Tensor operator()(const MaxPool2d& node) const {
    const auto [top, left, bottom, right] = node.pads;
    return at::max_pool2d(at::constant_pad_nd(input, {left, right, top, bottom}, -std::numeric_limits<float>::infinity()), node.kernel, node.strides);
  }
  at::Tensor operator()(const Flatten&) const { return input.flatten(1); }
  at::Tensor operator()(const Dropout& node) const {
    if (node.ratio <= 0) return input;
    const double keep = 1.0 - static_cast<double>(node.ratio);
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return input * at::empty_like(input).bernoulli_(keep, generator).div_(keep);
  }
  at::Tensor operator()(const Softmax&) const { return at::softmax(input, -1); }
  at::Tensor operator()(const Add& node) const { return activate(input + right(node), node.activation); }
  at::Tensor operator()(const Sub& node) const { return activate(input - right(node), node.activation); }
  at::Tensor operator()(const Mul& node) const { return activate(input * right(node), node.activation); }
  at::Tensor operator()(const Concat& node) const { return at::cat(at::TensorList(inputs.data(), inputs.size()), node.axis); }
  at::Tensor operator()(const Slice& node) const { return input.slice(node.axis, node.start, node.end); }
  at::Tensor operator()(const Sigmoid&) const { return at::sigmoid(input); }
  at::Tensor operator()(const Tanh&) const { return at::tanh(input); }
  at::Tensor operator()(const Clamp& node) const { return at::clamp(input, node.low, node.high); }
  at::Tensor operator()(const Scan&) const { QMN_CHECK(false, "a Scan has outputs of its own"); }

 private:
  template <class N>
  const at::Tensor& right(const N& node) const {
    return node.constant == kNoValue ? inputs[1] : context.rounded.at(node.constant);
  }
};

std::vector<at::Tensor> train_scan(const TrainContext& context, const Scan& scan, std::span<const at::Tensor> inputs, std::uint64_t seed) {
  const std::int64_t steps = step_count(context.graph, scan), clips = inputs.front().size(0);
  const auto& rounded = context.round;
  std::vector<at::Tensor> carried;
  for (const Scan::State& state : scan.states) {
    Shape shape = context.graph.shape(state.body_in);
    shape[0] = clips;
    carried.push_back(context.all.at(state.initial).expand(shape));
  }
  std::vector<std::vector<at::Tensor>> stacks(scan.outputs.size());
  for (std::int64_t step = 0; step < steps; ++step) {
    Values values;
    for (std::size_t i = 0; i < scan.inputs.size(); ++i) {
      values[scan.inputs[i].body_in] = rounded(inputs[i].select(scan.inputs[i].axis, step), scan.inputs[i].body_in);
    }
    for (std::size_t i = 0; i < scan.states.size(); ++i) values[scan.states[i].body_in] = rounded(carried[i], scan.states[i].body_in);
    for (std::size_t i = 0; i < scan.body.size(); ++i) {
      const std::uint64_t node_seed = Random{seed, static_cast<std::uint64_t>(step), i}.next();
      store_outputs(scan.body[i], train_node(context, scan.body[i], inputs_of(scan.body[i], values), node_seed), values);
    }
    for (std::size_t i = 0; i < scan.states.size(); ++i) carried[i] = values.at(scan.states[i].body_out);
    for (std::size_t i = 0; i < scan.outputs.size(); ++i) stacks[i].push_back(values.at(scan.outputs[i].body_out));
  }
  std::vector<at::Tensor> outputs;
  for (std::size_t i = 0; i < scan.states.size(); ++i) {
    if (scan.states[i].final_out != kNoValue) outputs.push_back(rounded(carried[i], scan.states[i].final_out));
  }
  for (std::size_t i = 0; i < scan.outputs.size(); ++i) {
    outputs.push_back(rounded(at::stack(stacks[i], scan.outputs[i].axis), scan.outputs[i].outer));
  }
  return outputs;
}

}  // namespace

std::vector<ValueId> trained_parameters(const Node& node) {
  const auto* scan = std::get_if<Scan>(&node);
  if (scan == nullptr) return parameters(node);
  std::vector<ValueId> all;
  for (const Node& inner : scan->body) {
    for (const ValueId id : parameters(inner)) {
      if (std::ranges::count(all, id) == 0) all.push_back(id);
    }
  }
  return all;
}

std::vector<at::Tensor> train_node(const TrainContext& context, const Node& node, std::span<const at::Tensor> inputs, std::uint64_t seed) {
  if (const auto* scan = std::get_if<Scan>(&node)) return train_scan(context, *scan, inputs, seed);
  return {context.round(std::visit(TrainNode{context, inputs, seed}, node), output_of(node))};
}

}  // namespace qmn
