// SPDX-License-Identifier: Apache-2.0
#include "graph/parameter_count.h"

namespace qmn {

std::int64_t parameter_count(const Graph& graph) {
  std::int64_t count = 0;
  for (const auto& [id, tensor] : graph.initializers) count += element_count(tensor.shape);
  for (const Node& node : graph.nodes) {
    const auto* scan = std::get_if<Scan>(&node);
    if (scan == nullptr) continue;
    for (const Scan::State& state : scan->states) count -= element_count(graph.shape(state.initial));
  }
  return count;
}

}  // namespace qmn
