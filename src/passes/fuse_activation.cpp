// SPDX-License-Identifier: Apache-2.0
// passes/fuse_activation.cpp     before: conv → relu     after: conv with Activation::relu     (likewise for Gemm, Add, Sub, Mul)
//                                before: conv → clip 0 … 6      after: conv with Activation::relu6
//   y = max(0, conv(x)): the value after the activation keeps its name, the one before it is no longer there.
// Fires when the activation is the only user of the layer's output. A second one behind it goes the same way, the narrower range stays:
// relu(relu(x)) = relu(x), relu6(relu(x)) = relu(relu6(x)) = relu6(x).
#include "passes/passes.h"
#include "passes/uses.h"

#include <algorithm>

namespace qmn {
namespace {

struct Fusible {
  Activation activation;
  ValueId input, output;
};

std::optional<Fusible> fusible(const Node& node) {
  if (const auto* relu = std::get_if<Relu>(&node)) return Fusible{Activation::relu, relu->input, relu->output};
  const auto* clip = std::get_if<Clamp>(&node);
  if (clip != nullptr && clip->low == 0 && clip->high == 6) return Fusible{Activation::relu6, clip->input, clip->output};
  return std::nullopt;
}

bool fuse_into(Node& producer, const Fusible& next) {
  return std::visit(
      [&](auto& layer) {
        if constexpr (requires { layer.activation; }) {
          layer.activation = std::max(layer.activation, next.activation);  // in the order of the enum: none, relu, relu6
          layer.output = next.output;
          return true;
        }
        return false;
      },
      producer);
}

}  // namespace

void fuse_activation(Graph& graph) {
  for_each_list(graph, [&](std::vector<Node>& nodes) {
    for (std::size_t i = 0; i < nodes.size();) {
      const std::optional<Fusible> next = fusible(nodes[i]);
      if (next && use_count(graph, next->input) == 1) {
        const std::optional<std::size_t> producer = producer_of(nodes, next->input);
        if (producer && fuse_into(nodes[*producer], *next)) {
          nodes.erase(nodes.begin() + static_cast<std::ptrdiff_t>(i));
          continue;
        }
      }
      ++i;
    }
  });
}

}  // namespace qmn
