// SPDX-License-Identifier: Apache-2.0
// quantize/act_max.cpp   The order of --act_max: the input, then what each layer with weights and each pool writes, the logits last.
// The original scripts quantize before the ReLU; as a power-of-two range is symmetric, after it is the same.
#include "quantize/quantize.h"

namespace qmn {

std::vector<ValueId> act_max_order(const Graph& prepared) {
  std::vector<ValueId> order{prepared.input};
  for (const Node& node : prepared.nodes) {
    if (std::holds_alternative<Conv2d>(node) || std::holds_alternative<FullyConnected>(node) || std::holds_alternative<AveragePool2d>(node)) {
      order.push_back(output_of(node));
    }
  }
  return order;
}

}  // namespace qmn
