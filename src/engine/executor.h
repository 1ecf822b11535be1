// SPDX-License-Identifier: Apache-2.0
// engine/executor.h   Runs a Graph's nodes in inference mode, one chunk of clips on one thread. Inside the module only: torch types.
//
// Chunks make results independent of the number of cores: chunk c always holds clips c·kChunkClips … and is computed by one thread.
#pragma once

#include "engine/module.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <span>
#include <vector>

namespace qmn {

inline constexpr std::int64_t kChunkClips = 25;

/// Of the graph's initializers, float32, contiguous.
using Parameters = std::map<ValueId, at::Tensor>;

/// Copies the initializers; those with a format are corrected and fake-quantized.
Parameters make_parameters(const Graph& graph, const Quantization& quantization);
at::Tensor make_parameter(const Graph& graph, const Quantization& quantization, ValueId id);

/// Conv with any pads, and Gemm, both differentiable. The fused activation is left to the caller.
at::Tensor convolve(const Conv2d& node, const at::Tensor& input, const Parameters& parameters);
at::Tensor multiply(const FullyConnected& node, const at::Tensor& input, const Parameters& parameters);

using Values = std::map<ValueId, at::Tensor>;
std::vector<at::Tensor> inputs_of(const Node& node, const Values& values);
void store_outputs(const Node& node, std::vector<at::Tensor> outputs, Values& values);

/// Called with each value of a Scan's body, step by step.
using ObserveBody = std::function<void(ValueId, const at::Tensor&)>;

/// The values of the node's outputs (outputs_of) for those of its inputs (activation_inputs): activation and rounding included. Never
/// writes into an input.
std::vector<at::Tensor> run_node(const Graph& graph, const Node& node, std::span<const at::Tensor> inputs, const Parameters& parameters,
                                 const Quantization& quantization, const ObserveBody& observe_body = nullptr);

/// The value of a Scan's outputs, as run_node (scan.cpp).
std::vector<at::Tensor> run_scan(const Graph& graph, const Scan& scan, std::span<const at::Tensor> inputs, const Parameters& parameters,
                                 const Quantization& quantization, const ObserveBody& observe_body);

/// A tensor of its own with its activation and its rounding, in place.
at::Tensor finish(at::Tensor result, Activation activation, std::optional<QFormat> format);

/// The index of the last node that reads each value: behind it, the value may go.
std::map<ValueId, std::size_t> last_readers(const Graph& graph);

struct Chunks {
  std::int64_t clip_count = 0;
  std::int64_t count() const { return (clip_count + kChunkClips - 1) / kChunkClips; }
  std::int64_t first(std::int64_t chunk) const { return chunk * kChunkClips; }
  std::int64_t size(std::int64_t chunk) const { return std::min(kChunkClips, clip_count - first(chunk)); }
};

/// Checks that `inputs` hold `clip_count` clips of the graph's input.
Chunks make_chunks(const Graph& graph, std::span<const float> inputs, std::int64_t clip_count);
/// The clips of one chunk, copied, in the input's format.
at::Tensor load_chunk(const Graph& graph, std::span<const float> inputs, const Chunks& chunks, std::int64_t chunk, const Quantization& quantization);
void store_chunk(const at::Tensor& values, const Chunks& chunks, std::int64_t chunk, std::span<float> all);

/// Logits of all clips, chunks in parallel.
std::vector<float> run_graph(const Graph& graph, const Parameters& parameters, const Quantization& quantization, std::span<const float> inputs,
                             std::int64_t clip_count);

}  // namespace qmn
