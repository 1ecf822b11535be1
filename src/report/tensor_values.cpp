// SPDX-License-Identifier: Apache-2.0
#include "report/tensor_values.h"

#include "engine/engine.h"
#include "passes/passes.h"

#include <map>

namespace qmn {

std::vector<TensorValues> observe_tensors(const Model& quantized, const FeatureSet& clips) {
  const Graph graph = up_to_logits(quantized.graph);
  const CalibrationMask mask(graph, clips, false);
  std::map<ValueId, TensorValues> seen;
  const auto add = [&](ValueId value, std::span<const float> reals) {
    TensorValues& values = seen[value];
    values.value = value;
    values.range.add(reals);
    values.histogram.add(reals);
  };
  for (const auto& [id, tensor] : graph.initializers) {
    if (quantized.quantization->format_of(id)) add(id, tensor.data);
  }
  engine().evaluator(graph, nullptr)->run_observed(clips.features, clips.row_count(), [&](ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count) {
    if (!quantized.quantization->format_of(value)) return;
    mask.visit(value, reals, first_clip, clip_count, [&](std::int64_t, std::size_t, std::span<const float> kept) { add(value, kept); }, [](std::int64_t, std::size_t, std::span<const float>) {});
  });

  std::vector<TensorValues> ordered;
  const auto take = [&](ValueId value) {
    if (const auto found = seen.find(value); found != seen.end()) {
      ordered.push_back(std::move(found->second));
      seen.erase(found);
    }
  };
  take(graph.input);
  for_each_node(graph.nodes, [&](const Node& node) {
    for (const ValueId parameter : parameters(node)) take(parameter);
    if (std::holds_alternative<Flatten>(node)) return;  // tied to what it reads
    for (const ValueId output : outputs_of(node)) take(output);
  });
  return ordered;
}

}  // namespace qmn
