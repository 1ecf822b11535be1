// SPDX-License-Identifier: Apache-2.0
// import/legalize_layers.cpp   Convolutions, pools, batch norms and products with constants.
//   Pad(0) → Conv                   ⇒   Conv with more padding
//   Pad(0) → MaxPool behind ReLU    ⇒   MaxPool with more padding: a zero wins over nothing but zeros there
//   MatMul(x, w)                    ⇒   Gemm(x, wᵀ)
//   Gemm with alpha, beta, transA   ⇒   Gemm with other parameters
#include "import/legalizer.h"

#include "base/error.h"
#include "import/window.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

void check_image(const OperatorCall& call) {
  if (call.rank(0) != 4)
    fail_data("{}: its input has shape {}: only images (4 dimensions) and sequences (3) are supported", call.node.title(), to_string(call.shape(0)));
}

DraftAttributes attributes_of(const Window& window, const std::vector<std::int64_t>& more_pads) {
  std::vector<std::int64_t> pads{window.before[0], window.before[1], window.after[0], window.after[1]};
  for (std::size_t i = 0; i < 4; ++i) pads[i] += more_pads[i];
  return {{"strides", window.strides}, {"pads", pads}};
}

}  // namespace

std::pair<std::string, std::vector<std::int64_t>> Legalizer::padded_input(const OperatorCall& call) {
  const auto pad = pads_.find(call.node.inputs[0]);
  if (pad == pads_.end()) return {activation(call, 0), {0, 0, 0, 0}};
  return {pad->second.source, pad->second.pads};
}

void Legalizer::legalize_conv(const OperatorCall& call) {
  check_image(call);
  const DraftTensor& weight = call.constant(1);
  const std::vector<std::int64_t> kernel(weight.shape.begin() + 2, weight.shape.end());
  const Window window = window_of(call, call.shape(0), kernel);
  const auto [source, more_pads] = padded_input(call);
  DraftAttributes attributes = attributes_of(window, more_pads);
  attributes["kernel_shape"] = kernel;
  attributes["dilations"] = window.dilations;
  attributes["group"] = call.node.integer("group", call.shape(0)[1] / weight.shape[1]);
  std::vector<std::string> inputs{source, add_constant(call.node.inputs[1] + "/w", weight)};
  if (call.has(2)) inputs.push_back(add_constant(call.node.inputs[2] + "/b", call.constant(2)));
  emit(call, "Conv", std::move(inputs), {1, weight.shape[0], window.out[0], window.out[1]}, std::move(attributes));
}

void Legalizer::legalize_pool(const OperatorCall& call) {
  check_image(call);
  const std::vector<std::int64_t> kernel = call.node.integers("kernel_shape", {});
  const Window window = window_of(call, call.shape(0), kernel);
  const bool is_average = call.node.op == "AveragePool";
  if (window.dilations != std::vector<std::int64_t>{1, 1}) fail_data("{}: dilations are not supported in pools", call.node.title());
  if (call.node.integer("storage_order", 0) != 0) fail_data("{}: storage_order is not supported", call.node.title());
  const bool has_pads = window.before != std::vector<std::int64_t>{0, 0} || window.after != std::vector<std::int64_t>{0, 0};
  if (is_average && has_pads && call.node.integer("count_include_pad", 0) != 0)
    fail_data("{}: an average that counts the padding (count_include_pad = 1) is not supported", call.node.title());
  std::vector<std::int64_t> overhang{0, 0, window.overhang[0], window.overhang[1]};  // of ceil_mode: padding that never wins and is not counted
  std::string source;
  if (const auto pad = pads_.find(call.node.inputs[0]); pad != pads_.end() && !is_average) {
    const auto producer = producers_.find(pad->second.source);
    if (producer == producers_.end() || out_.nodes[producer->second].op != "Relu")
      fail_data("{}: zeros in front of a {} are supported behind a Relu alone", pad->second.title, call.node.title());
    source = pad->second.source;
    for (std::size_t i = 0; i < 4; ++i) overhang[i] += pad->second.pads[i];
  } else {
    source = activation(call, 0);
  }
  DraftAttributes attributes = attributes_of(window, overhang);
  attributes["kernel_shape"] = kernel;
  const auto& pads = std::get<std::vector<std::int64_t>>(attributes["pads"]);
  for (std::size_t i = 0; i < 4; ++i) {
    if (pads[i] >= kernel[i % 2]) fail_data("{}: padding of {} for a kernel of {}: some windows hold padding alone", call.node.title(), pads[i], kernel[i % 2]);
  }
  emit(call, call.node.op, {source}, {1, call.shape(0)[1], window.out[0], window.out[1]}, std::move(attributes));
}

void Legalizer::legalize_global_pool(const OperatorCall& call) {
  check_image(call);
  const Shape& in = call.shape(0);
  const Shape out{in[0], in[1], 1, 1};
  if (call.node.op == "GlobalAveragePool") return emit(call, "GlobalAveragePool", {activation(call, 0)}, out);
  emit(call, "MaxPool", {activation(call, 0)}, out, {{"kernel_shape", std::vector<std::int64_t>{in[2], in[3]}}});
}

void Legalizer::legalize_batch_norm(const OperatorCall& call) {
  const double epsilon = call.node.real("epsilon", 1e-5);
  std::vector<double> factor, offset;
  for (std::size_t c = 0; c < static_cast<std::size_t>(call.shape(0)[1]); ++c) {
    const auto of = [&](std::size_t index) { return call.constant(index).numbers[c]; };
    factor.push_back(of(1) / std::sqrt(of(4) + epsilon));
    offset.push_back(of(2) - of(3) * factor.back());
  }
  affine(call, 0, factor, offset);
}

void Legalizer::legalize_gemm(const OperatorCall& call) {
  if (call.node.integer("transA", 0) != 0) fail_data("{}: transA = 1 would mix the clips of a batch: it is not supported", call.node.title());
  DraftTensor weight = call.constant(1);
  if (call.node.integer("transB", 0) == 0) weight = transposed(weight, {1, 0});
  for (double& number : weight.numbers) number *= call.node.real("alpha", 1);
  std::vector<std::string> inputs{activation(call, 0), add_constant(call.node.inputs[1] + "/w", weight)};
  const double beta = call.node.real("beta", 1);
  if (call.has(2) && beta != 0) {
    const std::optional<std::vector<double>> bias = per_channel(call.constant(2), {1, weight.shape[0]});
    if (!bias) fail_data("{}: its third input has shape {}, but one number a row is needed", call.node.title(), to_string(call.shape(2)));
    DraftTensor tensor{ElementType::float32, {weight.shape[0]}, *bias};
    for (double& number : tensor.numbers) number *= beta;
    inputs.push_back(add_constant(call.node.inputs[2] + "/b", std::move(tensor)));
  }
  emit(call, "Gemm", std::move(inputs), {1, weight.shape[0]}, {{"transB", std::int64_t{1}}});
}

void Legalizer::legalize_mat_mul(const OperatorCall& call) {
  if (!is_constant(call, 1)) fail_data("{}: a product of two activations is not supported", call.node.title());
  if (call.rank(0) != 2 || call.rank(1) != 2)
    fail_data("{}: a product of {} and {} is not supported: rows of [1, features] and a weight matrix are", call.node.title(), to_string(call.shape(0)), to_string(call.shape(1)));
  const DraftTensor weight = transposed(call.constant(1), {1, 0});
  emit(call, "Gemm", {activation(call, 0), add_constant(call.node.inputs[1] + "/w", weight)}, {1, weight.shape[0]}, {{"transB", std::int64_t{1}}});
}

}  // namespace qmn
