// SPDX-License-Identifier: Apache-2.0
// formats/onnx_ties.cpp   ONNX defines that QuantizeLinear rounds ties to even; qmn rounds them up everywhere. Where an exact result is a multiple
// of 2^-n, an Add of 2^-(n+2) in front of the QuantizeLinear moves its ties up and nothing else.
#include "formats/onnx_format.h"
#include "formats/onnx_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <type_traits>

namespace qmn {
namespace {

/// n of the unit 2^-n that the node's exact result is a multiple of; none for functions, and where an operand is float.
std::optional<int> exact_frac_bits(const Model& model, const Node& node) {
  int sum = 0, largest = -1000;
  const auto take = [&](ValueId id) {
    if (!model.quantization->format_of(id)) return false;
    const std::vector<int> channels = model.quantization->channels_of(id);
    const int frac_bits = *std::max_element(channels.begin(), channels.end());
    sum += frac_bits;
    largest = std::max(largest, frac_bits);
    return true;
  };
  for (const ValueId id : activation_inputs(node)) {
    if (!take(id)) return std::nullopt;
  }
  return std::visit(
      [&]<class N>(const N& n) -> std::optional<int> {
        if constexpr (requires { n.weight; }) {
          return take(n.weight) ? std::optional(sum) : std::nullopt;
        } else if constexpr (std::is_same_v<N, Mul> || std::is_same_v<N, Add> || std::is_same_v<N, Sub>) {
          for (const ValueId id : parameters(node)) {
            if (!take(id)) return std::nullopt;
          }
          return std::is_same_v<N, Mul> ? sum : largest;
        } else if constexpr (std::is_same_v<N, AveragePool2d>) {
          // Means of finer outputs fall between the ties of those, on a grid as fine as theirs divided by the count.
          const std::optional<QFormat> output = model.quantization->format_of(n.output);
          return std::max(largest, output ? output->frac_bits : largest) + static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n.kernel[0] * n.kernel[1])));
        } else if constexpr (std::is_same_v<N, Sigmoid> || std::is_same_v<N, Tanh> || std::is_same_v<N, Softmax> || std::is_same_v<N, BatchNorm> || std::is_same_v<N, Scan>) {
          return std::nullopt;
        } else {
          return largest;
        }
      },
      node);
}

/// What to add in front of the QuantizeLinear of each value.
std::map<ValueId, float> tie_offsets(const Model& model) {
  std::map<ValueId, float> offsets;
  const auto offer = [&](ValueId id, std::optional<int> exact) {
    const std::optional<QFormat> format = model.quantization->format_of(id);
    if (format && exact && *exact > format->frac_bits) offsets[id] = static_cast<float>(std::ldexp(1.0, -*exact - 2));
  };
  for_each_node(model.graph.nodes, [&](const Node& node) {
    if (const auto* scan = std::get_if<Scan>(&node)) {
      const auto frac_bits = [&](ValueId id) {
        const std::optional<QFormat> format = model.quantization->format_of(id);
        return format ? std::optional(format->frac_bits) : std::nullopt;
      };
      for (const Scan::Input& input : scan->inputs) offer(input.body_in, frac_bits(input.outer));
      for (const Scan::Output& output : scan->outputs) offer(output.outer, frac_bits(output.body_out));
      for (const Scan::State& state : scan->states) {
        offer(state.body_in, frac_bits(state.body_out));
        if (state.final_out != kNoValue) offer(state.final_out, frac_bits(state.body_out));
      }
    } else {
      for (const ValueId id : outputs_of(node)) offer(id, exact_frac_bits(model, node));
    }
  });
  return offsets;
}

/// Parameters lie on their grid already: nothing is left to round. 32-bit ones stand in the file as integers anyway.
Model with_rounded_parameters(Model model) {
  Quantization& quantization = *model.quantization;
  for (auto& [id, tensor] : model.graph.initializers) {
    QFormat format = quantization.format_of(id).value_or(QFormat{32, 0});
    if (format.total_bits == 32) continue;
    const std::vector<std::int32_t> raw = raw_parameter(model.graph, quantization, id);
    const std::vector<int> frac_bits = quantization.channels_of(id);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      format.frac_bits = frac_bits[i / (raw.size() / frac_bits.size())];
      tensor.data[i] = static_cast<float>(dequantize(raw[i], format));
    }
    quantization.corrections.erase(id);
  }
  return model;
}

}  // namespace

std::string serialize_onnx_with_ties_up(const Model& model) {
  if (!model.quantization) return serialize_onnx(model);
  return serialize_onnx_with_offsets(with_rounded_parameters(model), tie_offsets(model));
}

}  // namespace qmn
