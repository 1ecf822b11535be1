// SPDX-License-Identifier: Apache-2.0
// passes/up_to_logits.cpp   before: … → logits → softmax     after: … → logits
#include "passes/passes.h"

namespace qmn {

Graph up_to_logits(Graph graph) {
  if (graph.nodes.empty()) return graph;
  if (const auto* softmax = std::get_if<Softmax>(&graph.nodes.back()); softmax != nullptr && softmax->output == graph.output) {
    graph.output = softmax->input;
    graph.nodes.pop_back();
  }
  return graph;
}

}  // namespace qmn
