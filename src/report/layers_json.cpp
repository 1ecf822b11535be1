// SPDX-License-Identifier: Apache-2.0
#include "report/report_parts.h"

#include "quantize/layers.h"
#include "report/node_text.h"

#include <cmath>

namespace qmn {

nlohmann::json decibels_json(double decibels) { return std::isfinite(decibels) ? nlohmann::json(decibels) : nlohmann::json(); }

nlohmann::json layers_json(const ReportInput& input) {
  const Graph& graph = input.model.graph;
  const Quantization& quantization = *input.model.quantization;
  std::map<ValueId, double> sqnr, saturating;
  for (const TensorSensitivity& tensor : input.sensitivity.tensors) {
    for (const ValueId value : tensor.values) sqnr[value] = tensor.sqnr_db;
  }
  for (const TensorRange& tensor : input.tensors) saturating[tensor.value] = tensor.saturating_share;
  for (const TiedValues& values : activation_groups(graph)) {
    for (const ValueId value : values) {
      if (const auto first = saturating.find(values.front()); first != saturating.end()) saturating[value] = first->second;
    }
  }
  std::map<std::string, WeightedLayer> weighted;
  for (const WeightedLayer& layer : weighted_layers(graph)) weighted[layer.name] = layer;

  nlohmann::json layers = nlohmann::json::array();
  const auto name_of = [&](ValueId id) { return quantization.format_of(id) ? nlohmann::json(quantization.format_of(id)->name()) : nlohmann::json(); };
  const auto found = [](const std::map<ValueId, double>& map, ValueId id) { return map.contains(id) ? nlohmann::json(map.at(id)) : nlohmann::json(); };
  for_each_node(graph.nodes, [&](const Node& node) {
    if (std::holds_alternative<Flatten>(node)) return;  // it moves nothing
    const ValueId output = outputs_of(node).front();
    std::int64_t weight_bytes = 0;
    for (const ValueId id : parameters(node)) weight_bytes += element_count(graph.shape(id)) * (quantization.format_of(id) ? quantization.format_of(id)->total_bits / 8 : 4);
    nlohmann::json layer{{"name", node_name(node)}, {"operator", node_text(graph, node)}, {"shape", to_string(graph.shape(output))}, {"input", name_of(activation_inputs(node).front())},
                         {"output", name_of(output)}, {"sqnr_db", sqnr.contains(output) ? decibels_json(sqnr.at(output)) : nlohmann::json()}, {"saturating", found(saturating, output)},
                         {"macs", mac_count(graph, node)}, {"weight_bytes", weight_bytes}};
    if (const auto one = weighted.find(node_name(node)); one != weighted.end()) {
      const WeightedLayer& names = one->second;
      const auto in = quantization.format_of(names.input), weight = quantization.format_of(names.weight), out = quantization.format_of(names.output);
      layer["weights"] = name_of(names.weight);
      if (in && weight && out) layer["out_shift"] = out_shift(*in, *weight, *out);
      if (names.bias != kNoValue) {
        layer["bias"] = name_of(names.bias);
        if (const auto bias = quantization.format_of(names.bias); bias && in && weight) layer["bias_shift"] = bias_shift(*in, *weight, *bias);
      }
    }
    layers.push_back(std::move(layer));
  });
  return layers;
}

}  // namespace qmn
