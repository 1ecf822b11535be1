// SPDX-License-Identifier: Apache-2.0
// passes/fuse_activation.cpp     before: conv → relu     after: conv with Activation::relu     (likewise for Gemm)
//   y = max(0, conv(x)): the value after the activation keeps its name, the one before it is no longer there.
// Fires when the relu is the only user of the layer's output. A second relu behind it goes the same way: relu(relu(x)) = relu(x).
#include "passes/passes.h"
#include "passes/uses.h"

namespace qmn {
namespace {

bool fuse_into(Node& producer, const Relu& relu) {
  return std::visit(
      [&](auto& layer) {
        if constexpr (requires { layer.activation; }) {
          layer.activation = Activation::relu;
          layer.output = relu.output;
          return true;
        }
        return false;
      },
      producer);
}

}  // namespace

void fuse_activation(Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes.size();) {
    const auto* found = std::get_if<Relu>(&graph.nodes[i]);
    if (found != nullptr && use_count(graph, found->input) == 1) {
      const Relu relu = *found;
      const std::optional<std::size_t> producer = producer_of(graph, relu.input);
      if (producer && fuse_into(graph.nodes[*producer], relu)) {
        graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
    }
    ++i;
  }
}

}  // namespace qmn
