// SPDX-License-Identifier: Apache-2.0
// passes/scale_input.cpp     before: input → Flatten → Gemm     after: input' → Flatten → Gemm'
//   x'[…, c] = x[…, c] · 2^-s[c]     w'[r][…, c] = w[r][…, c] · 2^s[c]
// The front end multiplies by the powers of two already (FrontEndSettings::coefficient_shifts), so that it costs nothing at run time.
#include "passes/scale_input.h"

#include "base/check.h"
#include "passes/uses.h"

#include <cmath>

namespace qmn {
namespace {

const FullyConnected* first_layer(const Graph& graph) {
  ValueId value = graph.input;
  for (const Node& node : graph.nodes) {
    if (use_count(graph, value) != 1) return nullptr;
    if (const auto* dense = std::get_if<FullyConnected>(&node)) return dense->input == value ? dense : nullptr;
    const auto* flatten = std::get_if<Flatten>(&node);
    if (flatten == nullptr || flatten->input != value) return nullptr;
    value = flatten->output;
  }
  return nullptr;
}

}  // namespace

bool can_scale_input(const Graph& graph) { return first_layer(graph) != nullptr; }

void scale_input(Graph& graph, const std::vector<int>& shifts) {
  const FullyConnected* layer = first_layer(graph);
  QMN_CHECK(layer != nullptr && static_cast<std::int64_t>(shifts.size()) == graph.shape(graph.input).back(), "a shift for each coefficient of an input that can be scaled");
  std::vector<float>& weight = graph.initializer(layer->weight).data;
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = std::ldexp(weight[i], shifts[i % shifts.size()]);  // rows hold whole frames
}

}  // namespace qmn
