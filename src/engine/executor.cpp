// SPDX-License-Identifier: Apache-2.0
#include "engine/executor.h"

#include "base/check.h"
#include "base/parallel.h"
#include "engine/rounding.h"
#include "engine/torch_guard.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <array>
#include <cstring>

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

at::Tensor finish(at::Tensor result, Activation activation, std::optional<QFormat> format) {
  if (format) round_to_format(floats(result), *format, activation == Activation::relu);
  else if (activation == Activation::relu) clip_at_zero(floats(result));
  return result;
}

at::Tensor normalize(const BatchNorm& node, const at::Tensor& input, const Parameters& parameters) {
  return at::batch_norm(input, parameters.at(node.scale), parameters.at(node.offset), parameters.at(node.mean), parameters.at(node.variance), false, 0.0,
                        static_cast<double>(node.epsilon), false);
}

struct RunNode {
  const Graph& graph;
  const at::Tensor& input;
  const Parameters& parameters;
  const Quantization& quantization;

  at::Tensor operator()(const Conv2d& node) const {
    return finish(own(convolve(node, input, parameters), input), node.activation, quantization.format_of(node.output));
  }
  at::Tensor operator()(const FullyConnected& node) const {
    return finish(own(multiply(node, input, parameters), input), node.activation, quantization.format_of(node.output));
  }
  at::Tensor operator()(const BatchNorm& node) const {
    return finish(own(normalize(node, input, parameters), input), Activation::none, quantization.format_of(node.output));
  }
  at::Tensor operator()(const Relu& node) const { return finish(input.clone(), Activation::relu, quantization.format_of(node.output)); }
  at::Tensor operator()(const AveragePool2d& node) const {
    const Shape& shape = graph.shape(node.output);
    at::Tensor result = at::empty({input.size(0), input.size(1), shape.at(2), shape.at(3)}, input.options());
    average_pool(node, floats(input), input.size(0) * input.size(1), input.size(2), input.size(3), floats(result), shape.at(2), shape.at(3),
                 quantization.format_of(node.output));
    return result;
  }
  at::Tensor operator()(const Flatten& node) const {
    const at::Tensor flat = input.flatten(1);
    const auto format = quantization.format_of(node.output);
    return format ? finish(flat.clone(), Activation::none, format) : flat;
  }
  at::Tensor operator()(const Dropout& node) const {
    const auto format = quantization.format_of(node.output);
    return format ? finish(input.clone(), Activation::none, format) : input;
  }
  at::Tensor operator()(const Softmax& node) const {
    const auto input_format = quantization.format_of(node.input), format = quantization.format_of(node.output);
    if (input_format && format && input_format->total_bits == 8 && *format == QFormat{8, 7}) {
      at::Tensor result = input.clone();
      fixed_point_softmax(floats(result), result.size(-1), *input_format);
      return result;
    }
    return finish(at::softmax(input, -1).contiguous(), Activation::none, format);
  }
};

}  // namespace

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

at::Tensor run_node(const Graph& graph, const Node& node, const at::Tensor& input, const Parameters& parameters, const Quantization& quantization) {
  return std::visit(RunNode{graph, input, parameters, quantization}, node);
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
    std::map<ValueId, at::Tensor> values{{graph.input, load_chunk(graph, inputs, chunks, chunk, quantization)}};
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      const ValueId input = activation_inputs(node).front();
      values[output_of(node)] = run_node(graph, node, values.at(input), parameters, quantization);
      if (last_reader.at(input) == i && input != graph.output) values.erase(input);
    }
    store_chunk(values.at(graph.output), chunks, chunk, logits);
  });
  return logits;
}

}  // namespace qmn
