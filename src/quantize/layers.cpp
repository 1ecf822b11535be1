// SPDX-License-Identifier: Apache-2.0
#include "quantize/layers.h"

#include "base/check.h"

#include <algorithm>

namespace qmn {

std::vector<WeightedLayer> weighted_layers(const Graph& prepared) {
  std::vector<WeightedLayer> layers;
  for (const Node& node : prepared.nodes) {
    if (const auto* conv = std::get_if<Conv2d>(&node)) {
      layers.push_back({conv->name, conv->input, conv->weight, conv->bias, conv->output});
    } else if (const auto* dense = std::get_if<FullyConnected>(&node)) {
      layers.push_back({dense->name, dense->input, dense->weight, dense->bias, dense->output});
    }
  }
  return layers;
}

std::vector<TiedValues> activation_groups(const Graph& prepared) {
  std::vector<TiedValues> groups{{prepared.input}};
  for (const Node& node : prepared.nodes) {
    if (std::holds_alternative<Softmax>(node)) continue;
    if (const auto* flatten = std::get_if<Flatten>(&node)) {
      const auto group = std::find_if(groups.begin(), groups.end(), [&](const TiedValues& values) { return std::ranges::count(values, flatten->input) > 0; });
      QMN_CHECK(group != groups.end(), "Flatten reads a value that no node wrote");
      group->push_back(flatten->output);
    } else {
      groups.push_back(outputs_of(node));
    }
  }
  return groups;
}

Graph up_to_logits(Graph prepared) {
  if (!prepared.nodes.empty()) {
    if (const auto* softmax = std::get_if<Softmax>(&prepared.nodes.back()); softmax != nullptr && softmax->output == prepared.output) {
      prepared.output = softmax->input;
      prepared.nodes.pop_back();
    }
  }
  return prepared;
}

}  // namespace qmn
