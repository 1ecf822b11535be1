// SPDX-License-Identifier: Apache-2.0
// passes/fold_batch_norm.cpp     before: conv → batch_norm     after: conv'     (likewise for Gemm)
//   g = γ/√(σ²+ε)   w' = w·g   b' = (b−μ)·g + β   (per output channel, in double; ε is the node's own)
// A layer without a bias gets one. A weight or bias that another node reads too is copied first.
// Fires when the batch_norm is the only user of the layer's output and the layer has no activation of its own; any other batch_norm
// is left for lowering to reject.
#include "passes/passes.h"
#include "passes/uses.h"

#include <cmath>

namespace qmn {
namespace {

std::string unused_name(const Graph& graph, const std::string& wish) {
  std::string name = wish;
  for (int i = 2; graph.find(name); ++i) name = wish + "_" + std::to_string(i);
  return name;
}

/// The parameter `id` as one that only its node reads.
ValueId own_parameter(Graph& graph, ValueId id) {
  if (use_count(graph, id) == 1) return id;
  Tensor copy = graph.initializer(id);
  return graph.add_initializer(unused_name(graph, graph.value(id).name), std::move(copy));
}

template <class Layer>
void fold(Graph& graph, Layer& layer, const BatchNorm& norm) {
  const std::size_t channels = graph.initializer(norm.scale).data.size();
  if (layer.bias == kNoValue) {
    layer.bias = graph.add_initializer(unused_name(graph, layer.name + "_bias"),
                                       {{static_cast<std::int64_t>(channels)}, std::vector<float>(channels, 0.0f)});
  }
  layer.weight = own_parameter(graph, layer.weight);
  layer.bias = own_parameter(graph, layer.bias);
  std::vector<float>& weight = graph.initializer(layer.weight).data;
  std::vector<float>& bias = graph.initializer(layer.bias).data;
  const std::size_t weights_per_channel = weight.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    const auto of = [&](ValueId id) { return static_cast<double>(graph.initializer(id).data[c]); };
    const double gain = of(norm.scale) / std::sqrt(of(norm.variance) + static_cast<double>(norm.epsilon));
    for (std::size_t i = c * weights_per_channel; i < (c + 1) * weights_per_channel; ++i) {
      weight[i] = static_cast<float>(static_cast<double>(weight[i]) * gain);
    }
    bias[c] = static_cast<float>((static_cast<double>(bias[c]) - of(norm.mean)) * gain + of(norm.offset));
  }
  layer.output = norm.output;
}

/// True when `producer` is a layer that takes the batch norm in, and has taken it.
bool fold_into(Graph& graph, Node& producer, const BatchNorm& norm) {
  return std::visit(
      [&](auto& layer) {
        if constexpr (requires { layer.weight; }) {
          if (layer.activation != Activation::none) return false;
          fold(graph, layer, norm);
          return true;
        }
        return false;
      },
      producer);
}

}  // namespace

void fold_batch_norm(Graph& graph) {
  for_each_list(graph, [&](std::vector<Node>& nodes) {
    for (std::size_t i = 0; i < nodes.size();) {
      const auto* found = std::get_if<BatchNorm>(&nodes[i]);
      if (found != nullptr && use_count(graph, found->input) == 1) {
        const BatchNorm norm = *found;
        const std::optional<std::size_t> producer = producer_of(nodes, norm.input);
        if (producer && fold_into(graph, nodes[*producer], norm)) {
          nodes.erase(nodes.begin() + static_cast<std::ptrdiff_t>(i));
          continue;
        }
      }
      ++i;
    }
  });
}

}  // namespace qmn
