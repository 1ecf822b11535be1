// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.h"

#include "base/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace qmn {
std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (std::int64_t extent : shape) count *= extent;
  return count;
}

std::string to_string(const Shape& shape) { return fmt::format("{}", fmt::join(shape, "x")); }

ValueId Graph::add_value(std::string value_name, Shape value_shape) {
  values.push_back({std::move(value_name), std::move(value_shape)});
  return static_cast<ValueId>(values.size()) - 1;
}

ValueId Graph::add_initializer(std::string value_name, Tensor tensor) {
  QMN_CHECK(element_count(tensor.shape) == static_cast<std::int64_t>(tensor.data.size()), "an initializer's data fill its shape");
  const ValueId id = add_value(std::move(value_name), tensor.shape);
  initializers.emplace(id, std::move(tensor));
  return id;
}

std::optional<ValueId> Graph::find(const std::string& value_name) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].name == value_name) return static_cast<ValueId>(i);
  }
  return std::nullopt;
}

std::int64_t step_count(const Graph& graph, const Scan& scan) {
  const Scan::Input& input = scan.inputs.at(0);
  return graph.shape(input.outer).at(static_cast<std::size_t>(input.axis));
}

std::int64_t mac_count(const Graph& graph, const Node& node) {
  if (const auto* conv = std::get_if<Conv2d>(&node)) {
    const Shape& weight = graph.shape(conv->weight);
    return element_count(graph.shape(conv->output)) * weight.at(1) * weight.at(2) * weight.at(3);
  }
  if (const auto* dense = std::get_if<FullyConnected>(&node)) return element_count(graph.shape(dense->weight));
  if (const auto* mul = std::get_if<Mul>(&node)) return mul->constant == kNoValue ? 0 : element_count(graph.shape(mul->output));
  if (const auto* scan = std::get_if<Scan>(&node)) {
    std::int64_t macs = 0;
    for (const Node& inner : scan->body) macs += mac_count(graph, inner);
    return macs * step_count(graph, *scan);
  }
  return 0;
}

}  // namespace qmn
