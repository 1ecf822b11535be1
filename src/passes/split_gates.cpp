// SPDX-License-Identifier: Apache-2.0
// passes/split_gates.cpp   before: Gemm → (Sigmoid | Tanh)? → Slices     after: Gemm → (Sigmoid | Tanh)? for each Slice
//   wₖ = w[startₖ … endₖ)    bₖ = b[startₖ … endₖ)
// Each gate gets formats of its own, nothing is copied, and only the gates in use take memory: a part is computed in front of its first reader.
// Fires when nothing but Slices reads the result and no row is asked for twice.
#include "passes/passes.h"
#include "passes/uses.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace qmn {
namespace {

/// What a list of nodes computes by one Gemm and cuts into parts.
struct Gates {
  std::size_t gemm = 0;
  std::optional<std::size_t> curve;
  std::vector<std::size_t> slices;
};

std::vector<std::size_t> readers_of(const std::vector<Node>& nodes, ValueId id) {
  std::vector<std::size_t> readers;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (std::ranges::count(activation_inputs(nodes[i]), id) > 0) readers.push_back(i);
  }
  return readers;
}

bool is_curve(const Node& node) { return std::holds_alternative<Sigmoid>(node) || std::holds_alternative<Tanh>(node); }

std::optional<Gates> gates_of(const Graph& graph, const std::vector<Node>& nodes, std::size_t gemm) {
  if (!std::holds_alternative<FullyConnected>(nodes[gemm])) return std::nullopt;
  Gates gates{.gemm = gemm, .curve = {}, .slices = {}};
  ValueId cut = output_of(nodes[gemm]);
  if (const auto readers = readers_of(nodes, cut); readers.size() == 1 && is_curve(nodes[readers[0]]) && use_count(graph, cut) == 1) {
    gates.curve = readers[0];
    cut = output_of(nodes[readers[0]]);
  }
  gates.slices = readers_of(nodes, cut);
  if (gates.slices.empty() || use_count(graph, cut) != static_cast<int>(gates.slices.size())) return std::nullopt;
  std::vector<bool> is_taken(static_cast<std::size_t>(graph.shape(cut)[1]), false);
  for (std::size_t i : gates.slices) {
    const auto* slice = std::get_if<Slice>(&nodes[i]);
    if (slice == nullptr) return std::nullopt;
    for (auto row = static_cast<std::size_t>(slice->start); row < static_cast<std::size_t>(slice->end); ++row) {
      if (is_taken[row]) return std::nullopt;
      is_taken[row] = true;
    }
  }
  return gates;
}

std::string free_name(const Graph& graph, const std::string& wish) {
  std::string name = wish;
  for (int i = 2; graph.find(name); ++i) name = fmt::format("{}_{}", wish, i);
  return name;
}

/// Rows start … end - 1 of a parameter as an initializer of its own.
ValueId rows_of(Graph& graph, ValueId parameter, const Slice& slice) {
  const Tensor& whole = graph.initializer(parameter);
  const std::int64_t row_size = element_count(whole.shape) / whole.shape[0];
  Tensor part{whole.shape, {whole.data.begin() + slice.start * row_size, whole.data.begin() + slice.end * row_size}};
  part.shape[0] = slice.end - slice.start;
  const std::string name = free_name(graph, fmt::format("{}_{}", graph.value(parameter).name, graph.value(slice.output).name));
  return graph.add_initializer(name, std::move(part));
}

/// The nodes that compute one part; the last defines the slice's output.
std::vector<Node> part_of(Graph& graph, const std::vector<Node>& nodes, const Gates& gates, const Slice& slice) {
  FullyConnected gemm = std::get<FullyConnected>(nodes[gates.gemm]);
  gemm.name = slice.name;
  gemm.weight = rows_of(graph, gemm.weight, slice);
  if (gemm.bias != kNoValue) gemm.bias = rows_of(graph, gemm.bias, slice);
  gemm.output = slice.output;
  if (!gates.curve) return {gemm};
  gemm.name += "_sum";
  gemm.output = graph.add_value(free_name(graph, graph.value(slice.output).name + "_sum"), graph.shape(slice.output));
  Node curve = nodes[*gates.curve];
  std::visit(
      [&](auto& node) {
        if constexpr (requires { node.input; node.output; }) {
          node.name = slice.name;
          node.input = gemm.output;
          node.output = slice.output;
        }
      },
      curve);
  return {gemm, curve};
}

void split(Graph& graph, std::vector<Node>& nodes, const Gates& gates) {
  std::map<ValueId, std::vector<Node>> parts;  // by the output of the slice
  for (std::size_t i : gates.slices) {
    const Slice& slice = std::get<Slice>(nodes[i]);
    parts.emplace(slice.output, part_of(graph, nodes, gates, slice));
  }
  std::vector<Node> result;
  const auto place = [&](ValueId id) {
    const auto part = parts.find(id);
    if (part == parts.end()) return;
    result.insert(result.end(), part->second.begin(), part->second.end());
    parts.erase(part);
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i == gates.gemm || (gates.curve && i == *gates.curve) || std::ranges::count(gates.slices, i) > 0) continue;
    for (ValueId id : activation_inputs(nodes[i])) place(id);
    result.push_back(std::move(nodes[i]));
  }
  while (!parts.empty()) place(parts.begin()->first);  // read as a result of the list
  nodes = std::move(result);
}

}  // namespace

void split_gates(Graph& graph) {
  for_each_list(graph, [&](std::vector<Node>& nodes) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::optional<Gates> gates = gates_of(graph, nodes, i);
      if (!gates) continue;
      split(graph, nodes, *gates);
      i = static_cast<std::size_t>(-1);  // positions have changed; each time there is a Gemm less whose result is cut
    }
  });
}

}  // namespace qmn
