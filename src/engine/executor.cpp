// SPDX-License-Identifier: Apache-2.0
#include "engine/executor.h"

#include "base/check.h"
#include "base/parallel.h"
#include "engine/curves.h"
#include "engine/rounding.h"
#include "engine/torch_guard.h"

#include <ATen/ops/addmm.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>

#include <algorithm>
#include <array>
#include <limits>

namespace qmn {
namespace {

std::span<float> floats(const at::Tensor& tensor) {
  QMN_CHECK(tensor.is_contiguous(), "an activation is contiguous");
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

// A tensor of its own: torch may answer with a view of the input.
at::Tensor own(at::Tensor result, const at::Tensor& input) {
  return result.is_alias_of(input) ? result.clone() : result.contiguous();
}

at::Tensor normalize(const BatchNorm& node, const at::Tensor& input, const Parameters& parameters) {
  return at::batch_norm(input, parameters.at(node.scale), parameters.at(node.offset), parameters.at(node.mean), parameters.at(node.variance), false, 0.0,
                        static_cast<double>(node.epsilon), false);
}

at::Tensor max_pool(const MaxPool2d& node, const at::Tensor& input) {
  const auto [top, left, bottom, right] = node.pads;
  const at::Tensor padded = at::constant_pad_nd(input, {left, right, top, bottom}, -std::numeric_limits<float>::infinity());
  return at::max_pool2d(padded, node.kernel, node.strides).contiguous();
}

at::Tensor round_doubles(const at::Tensor& reals, Activation activation, QFormat format) {
  const at::Tensor contiguous = reals.contiguous();
  at::Tensor rounded = at::empty(contiguous.sizes(), at::kFloat);
  round_to_format({contiguous.data_ptr<double>(), static_cast<std::size_t>(contiguous.numel())}, floats(rounded), format, activation);
  return rounded;
}

// Sums of int16 inputs leave what float holds exactly: such a layer is computed in double, and rounded from there.
bool sums_in_double(const Quantization& quantization, ValueId input, ValueId output) {
  const auto format = quantization.format_of(input);
  return format && format->total_bits > 8 && quantization.format_of(output);
}

template <class N>
Parameters in_double(const N& node, const Parameters& parameters) {
  Parameters converted;
  for (const ValueId id : {node.weight, node.bias}) {
    if (id != kNoValue) converted[id] = parameters.at(id).to(at::kDouble);
  }
  return converted;
}

struct RunNode {
  const Graph& graph;
  std::span<const at::Tensor> inputs;
  const Parameters& parameters;
  const Quantization& quantization;
  const at::Tensor& input = inputs.front();

  std::optional<QFormat> format(ValueId id) const { return quantization.format_of(id); }

  at::Tensor operator()(const Conv2d& node) const {
    if (sums_in_double(quantization, node.input, node.output))
      return round_doubles(convolve(node, input.to(at::kDouble), in_double(node, parameters)), node.activation, *format(node.output));
    return finish(own(convolve(node, input, parameters), input), node.activation, format(node.output));
  }
  at::Tensor operator()(const FullyConnected& node) const {
    if (sums_in_double(quantization, node.input, node.output))
      return round_doubles(multiply(node, input.to(at::kDouble), in_double(node, parameters)), node.activation, *format(node.output));
    return finish(own(multiply(node, input, parameters), input), node.activation, format(node.output));
  }
  at::Tensor operator()(const BatchNorm& node) const { return finish(own(normalize(node, input, parameters), input), Activation::none, format(node.output)); }
  at::Tensor operator()(const Relu& node) const { return finish(input.clone(), Activation::relu, format(node.output)); }
  at::Tensor operator()(const AveragePool2d& node) const {
    const Shape& shape = graph.shape(node.output);
    at::Tensor result = at::empty({input.size(0), input.size(1), shape.at(2), shape.at(3)}, input.options());
    average_pool(node, floats(input), input.size(0) * input.size(1), input.size(2), input.size(3), floats(result), shape.at(2), shape.at(3),
                 format(node.output));
    return result;
  }
  at::Tensor operator()(const MaxPool2d& node) const { return finish(max_pool(node, input), Activation::none, format(node.output)); }
  at::Tensor operator()(const Flatten& node) const { return view(input.flatten(1), node.output); }
  at::Tensor operator()(const Dropout& node) const { return view(input, node.output); }
  at::Tensor operator()(const Softmax& node) const {
    const auto input_format = format(node.input), output_format = format(node.output);
    if (input_format && output_format && input_format->total_bits <= 16 && *output_format == QFormat{8, 7}) {
      at::Tensor result = input.clone();
      fixed_point_softmax(floats(result), result.size(-1), *input_format);
      return result;
    }
    return finish(at::softmax(input, -1).contiguous(), Activation::none, output_format);
  }
  at::Tensor operator()(const Add& node) const { return elementwise(node, [](const at::Tensor& a, const at::Tensor& b) { return a + b; }); }
  at::Tensor operator()(const Sub& node) const { return elementwise(node, [](const at::Tensor& a, const at::Tensor& b) { return a - b; }); }
  at::Tensor operator()(const Mul& node) const { return elementwise(node, [](const at::Tensor& a, const at::Tensor& b) { return a * b; }); }
  at::Tensor operator()(const Concat& node) const {
    return finish(at::cat(at::TensorList(inputs.data(), inputs.size()), node.axis), Activation::none, format(node.output));
  }
  at::Tensor operator()(const Slice& node) const {
    return finish(own(input.slice(node.axis, node.start, node.end), input), Activation::none, format(node.output));
  }
  at::Tensor operator()(const Sigmoid& node) const { return unary(node, Curve::sigmoid, [](const at::Tensor& x) { return at::sigmoid(x); }); }
  at::Tensor operator()(const Tanh& node) const { return unary(node, Curve::tanh, [](const at::Tensor& x) { return at::tanh(x); }); }
  at::Tensor operator()(const Clamp& node) const { return finish(at::clamp(input, node.low, node.high), Activation::none, format(node.output)); }
  at::Tensor operator()(const Scan&) const { QMN_CHECK(false, "a Scan is run by run_scan"); }

 private:
  // What only looks at the input may stay a view of it.
  at::Tensor view(const at::Tensor& result, ValueId output) const {
    return format(output) ? finish(result.clone(), Activation::none, format(output)) : result;
  }

  // In double where the result is rounded, so that it is rounded once: a sum or product of 16-bit values may not fit into float.
  template <class N, class Operation>
  at::Tensor elementwise(const N& node, const Operation& operation) const {
    const at::Tensor& right = node.constant == kNoValue ? inputs[1] : parameters.at(node.constant);
    const auto is_wide = [&](ValueId id) { return id != kNoValue && format(id) && format(id)->total_bits > 8; };
    if (!format(node.output) || !(is_wide(node.left) || is_wide(node.right) || is_wide(node.constant))) {
      return finish(operation(input, right), node.activation, format(node.output));
    }
    return round_doubles(operation(input.to(at::kDouble), right.to(at::kDouble)), node.activation, *format(node.output));
  }

  // Fixed-point to fixed-point: the kernel's own outputs (qformat/curve.h).
  template <class N, class Function>
  at::Tensor unary(const N& node, Curve curve, const Function& function) const {
    const auto in = format(node.input), out = format(node.output);
    if (!in || !out) return finish(function(input), Activation::none, out);
    at::Tensor result = at::empty_like(input);
    look_up(curve, *in, *out, floats(input), floats(result));
    return result;
  }
};

}  // namespace

at::Tensor finish(at::Tensor result, Activation activation, std::optional<QFormat> format) {
  if (format) round_to_format(floats(result), *format, activation);
  else activate(floats(result), activation);
  return result;
}

at::Tensor make_parameter(const Graph& graph, const Quantization& quantization, ValueId id) {
  const std::vector<float> reals = corrected_parameter(graph, quantization, id);
  at::Tensor parameter = at::empty(graph.initializer(id).shape, at::kFloat);
  std::copy(reals.begin(), reals.end(), parameter.data_ptr<float>());
  if (const auto format = quantization.format_of(id)) round_channels(floats(parameter), format->total_bits, quantization.channels_of(id));
  return parameter;
}

Parameters make_parameters(const Graph& graph, const Quantization& quantization) {
  Parameters parameters;
  for (const auto& [id, initializer] : graph.initializers) parameters.emplace(id, make_parameter(graph, quantization, id));
  return parameters;
}

at::Tensor convolve(const Conv2d& node, const at::Tensor& input, const Parameters& parameters) {
  const auto [top, left, bottom, right] = node.pads;
  const bool is_symmetric = top == bottom && left == right;
  const at::Tensor padded = is_symmetric ? input : at::constant_pad_nd(input, {left, right, top, bottom});
  const std::array<std::int64_t, 2> padding = is_symmetric ? std::array<std::int64_t, 2>{top, left} : std::array<std::int64_t, 2>{0, 0};
  const at::Tensor bias = node.bias == kNoValue ? at::Tensor() : parameters.at(node.bias);
  return at::convolution(padded, parameters.at(node.weight), bias, node.strides, padding, node.dilations, false, {0, 0}, node.groups);
}

at::Tensor multiply(const FullyConnected& node, const at::Tensor& input, const Parameters& parameters) {
  const at::Tensor weight = parameters.at(node.weight).t();
  return node.bias == kNoValue ? at::matmul(input, weight) : at::addmm(parameters.at(node.bias), input, weight);
}

std::vector<at::Tensor> run_node(const Graph& graph, const Node& node, std::span<const at::Tensor> inputs, const Parameters& parameters,
                                 const Quantization& quantization, const ObserveBody& observe_body) {
  if (const auto* scan = std::get_if<Scan>(&node)) return run_scan(graph, *scan, inputs, parameters, quantization, observe_body);
  return {std::visit(RunNode{graph, inputs, parameters, quantization}, node)};
}

std::vector<at::Tensor> inputs_of(const Node& node, const Values& values) {
  std::vector<at::Tensor> inputs;
  for (ValueId id : activation_inputs(node)) inputs.push_back(values.at(id));
  return inputs;
}

void store_outputs(const Node& node, std::vector<at::Tensor> outputs, Values& values) {
  const std::vector<ValueId> ids = outputs_of(node);
  for (std::size_t i = 0; i < ids.size(); ++i) values[ids[i]] = std::move(outputs[i]);
}

std::map<ValueId, std::size_t> last_readers(const Graph& graph) {
  std::map<ValueId, std::size_t> last_reader;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (ValueId id : activation_inputs(graph.nodes[i])) last_reader[id] = i;
  }
  return last_reader;
}

Chunks make_chunks(const Graph& graph, std::span<const float> inputs, std::int64_t clip_count) {
  QMN_CHECK(clip_count >= 0 && static_cast<std::int64_t>(inputs.size()) == clip_count * element_count(graph.shape(graph.input)),
            "inputs are [clip][features of one clip]");
  return {clip_count};
}

at::Tensor load_chunk(const Graph& graph, std::span<const float> inputs, const Chunks& chunks, std::int64_t chunk, const Quantization& quantization) {
  Shape shape = graph.shape(graph.input);
  const std::int64_t clip_length = element_count(shape);
  shape.at(0) = chunks.size(chunk);
  at::Tensor tensor = at::empty(shape, at::kFloat);
  std::copy_n(inputs.begin() + chunks.first(chunk) * clip_length, tensor.numel(), tensor.data_ptr<float>());
  return finish(tensor, Activation::none, quantization.format_of(graph.input));
}

void store_chunk(const at::Tensor& values, const Chunks& chunks, std::int64_t chunk, std::span<float> all) {
  const std::int64_t clip_length = values.numel() / chunks.size(chunk);
  std::copy_n(floats(values).begin(), values.numel(), all.begin() + chunks.first(chunk) * clip_length);
}

std::vector<float> run_graph(const Graph& graph, const Parameters& parameters, const Quantization& quantization, std::span<const float> inputs,
                             std::int64_t clip_count) {
  const Chunks chunks = make_chunks(graph, inputs, clip_count);
  std::vector<float> logits(static_cast<std::size_t>(clip_count * element_count(graph.shape(graph.output))));
  const std::map<ValueId, std::size_t> last_reader = last_readers(graph);
  parallel_for(static_cast<std::size_t>(chunks.count()), [&](std::size_t index) {
    const OperationThreads single(1);
    const c10::InferenceMode inference;
    const auto chunk = static_cast<std::int64_t>(index);
    Values values{{graph.input, load_chunk(graph, inputs, chunks, chunk, quantization)}};
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      store_outputs(node, run_node(graph, node, inputs_of(node, values), parameters, quantization), values);
      for (ValueId id : activation_inputs(node)) {
        if (last_reader.at(id) == i && id != graph.output) values.erase(id);
      }
    }
    store_chunk(values.at(graph.output), chunks, chunk, logits);
  });
  return logits;
}

}  // namespace qmn
