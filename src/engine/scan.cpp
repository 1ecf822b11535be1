// SPDX-License-Identifier: Apache-2.0
// engine/scan.cpp   A Scan in inference: its body, step by step, on one chunk of clips.
#include "base/check.h"
#include "engine/executor.h"

#include <ATen/ops/stack.h>

namespace qmn {

std::vector<at::Tensor> run_scan(const Graph& graph, const Scan& scan, std::span<const at::Tensor> inputs, const Parameters& parameters,
                                 const Quantization& quantization, const ObserveBody& observe_body) {
  const std::int64_t steps = step_count(graph, scan), clips = inputs.front().size(0);
  const auto enter = [&](Values& values, ValueId id, const at::Tensor& real) {
    values[id] = finish(real.clone(at::MemoryFormat::Contiguous), Activation::none, quantization.format_of(id));
    if (observe_body) observe_body(id, values[id]);
  };
  std::vector<at::Tensor> carried;
  for (const Scan::State& state : scan.states) {
    Shape shape = graph.shape(state.body_in);
    shape[0] = clips;
    carried.push_back(parameters.at(state.initial).expand(shape));
  }
  std::vector<std::vector<at::Tensor>> stacks(scan.outputs.size());
  for (std::int64_t step = 0; step < steps; ++step) {
    Values values;
    for (std::size_t i = 0; i < scan.inputs.size(); ++i) enter(values, scan.inputs[i].body_in, inputs[i].select(scan.inputs[i].axis, step));
    for (std::size_t i = 0; i < scan.states.size(); ++i) enter(values, scan.states[i].body_in, carried[i]);
    for (const Node& node : scan.body) {
      store_outputs(node, run_node(graph, node, inputs_of(node, values), parameters, quantization), values);
      if (observe_body) observe_body(output_of(node), values.at(output_of(node)));
    }
    for (std::size_t i = 0; i < scan.states.size(); ++i) carried[i] = values.at(scan.states[i].body_out);
    for (std::size_t i = 0; i < scan.outputs.size(); ++i) stacks[i].push_back(values.at(scan.outputs[i].body_out));
  }
  std::vector<at::Tensor> outputs;
  for (std::size_t i = 0; i < scan.states.size(); ++i) {
    const ValueId id = scan.states[i].final_out;
    if (id != kNoValue) outputs.push_back(finish(carried[i].clone(), Activation::none, quantization.format_of(id)));
  }
  for (std::size_t i = 0; i < scan.outputs.size(); ++i) {
    outputs.push_back(finish(at::stack(stacks[i], scan.outputs[i].axis), Activation::none, quantization.format_of(scan.outputs[i].outer)));
  }
  return outputs;
}

}  // namespace qmn
