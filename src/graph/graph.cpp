// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.h"

#include "base/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace qmn {
namespace {

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};

std::vector<ValueId> present(std::initializer_list<ValueId> ids) {
  std::vector<ValueId> out;
  for (ValueId id : ids) {
    if (id != kNoValue) out.push_back(id);
  }
  return out;
}

}  // namespace

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

const std::string& node_name(const Node& node) {
  return std::visit([](const auto& n) -> const std::string& { return n.name; }, node);
}

const char* op_type(const Node& node) {
  return std::visit(Overload{[](const Conv2d&) { return "Conv"; }, [](const FullyConnected&) { return "Gemm"; },
                             [](const BatchNorm&) { return "BatchNormalization"; }, [](const Relu&) { return "Relu"; },
                             [](const AveragePool2d&) { return "AveragePool"; }, [](const Flatten&) { return "Flatten"; },
                             [](const Dropout&) { return "Dropout"; }, [](const Softmax&) { return "Softmax"; }},
                    node);
}

std::vector<ValueId> activation_inputs(const Node& node) {
  return std::visit([](const auto& n) { return std::vector<ValueId>{n.input}; }, node);
}

std::vector<ValueId> parameters(const Node& node) {
  return std::visit(Overload{[](const Conv2d& n) { return present({n.weight, n.bias}); },
                             [](const FullyConnected& n) { return present({n.weight, n.bias}); },
                             [](const BatchNorm& n) { return present({n.scale, n.offset, n.mean, n.variance}); },
                             [](const auto&) { return std::vector<ValueId>{}; }},
                    node);
}

ValueId output_of(const Node& node) {
  return std::visit([](const auto& n) { return n.output; }, node);
}

std::int64_t mac_count(const Graph& graph, const Node& node) {
  if (const auto* conv = std::get_if<Conv2d>(&node)) {
    const Shape& weight = graph.shape(conv->weight);
    return element_count(graph.shape(conv->output)) * weight.at(1) * weight.at(2) * weight.at(3);
  }
  if (const auto* dense = std::get_if<FullyConnected>(&node)) return element_count(graph.shape(dense->weight));
  return 0;
}

}  // namespace qmn
