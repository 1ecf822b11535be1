// SPDX-License-Identifier: Apache-2.0
// tests/formats/random_model.h   Random models, with random formats, and their canonical text for comparison.
#pragma once

#include "graph/quantization.h"
#include "support/random_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cmath>
#include <string>

namespace qmn::testing {

enum class Formats { none, some, all };

/// Formats for parameters (8, 16 or 32 bits, some by channels, some with a correction) and activations (8 or 16).
inline Quantization random_formats(const Graph& graph, Formats which, std::uint64_t seed) {
  Random random{seed, 99};
  Quantization quantization;
  const auto give = [&](ValueId id, bool is_parameter) {
    if (which == Formats::some && random.uniform_int(2) == 0) return;
    const int widths[] = {8, 8, 16, 32};
    const int total_bits = widths[random.uniform_int(is_parameter ? 4 : 3)];
    const auto frac_bits = [&] { return static_cast<int>(random.uniform_int(13)) - 3; };
    quantization.set_format(id, {total_bits, frac_bits()});
    if (!is_parameter) return;
    if (random.uniform_int(3) == 0) {
      std::vector<int> channels(static_cast<std::size_t>(graph.shape(id)[0]));
      for (int& channel : channels) channel = frac_bits();
      quantization.set_channels(id, total_bits, channels);
    }
    if (random.uniform_int(3) == 0) {
      std::vector<float> correction(graph.initializer(id).data.size());
      for (float& real : correction) real = static_cast<float>(random.uniform(-1, 1));
      quantization.corrections[id] = correction;
    }
  };
  for (const auto& [id, tensor] : graph.initializers) give(id, true);
  give(graph.input, false);
  for_each_node(graph.nodes, [&](const Node& node) {
    for (ValueId id : outputs_of(node)) give(id, false);
    if (const auto* scan = std::get_if<Scan>(&node)) {
      for (const Scan::Input& input : scan->inputs) give(input.body_in, false);
      for (const Scan::State& state : scan->states) give(state.body_in, false);
    }
  });
  return quantization;
}

inline Model random_model(std::uint64_t seed, Formats which) {
  Model model;
  model.graph = RandomGraph(seed).make();
  model.metadata.labels = {"_silence_", "yes"};
  model.metadata.notes["seed"] = std::to_string(seed);
  model.metadata.front_end.coefficient_shifts.assign(10, static_cast<int>(seed % 3));
  if (which != Formats::none) {
    model.quantization = random_formats(model.graph, which, seed);
    if (model.quantization->formats.empty()) model.quantization.reset();
  }
  return model;
}

/// Everything a model says, by name and not by id; floats by their bits.
inline std::string canonical_text(const Model& model) {
  const Graph& g = model.graph;
  const auto name = [&](ValueId id) { return id == kNoValue ? std::string("-") : g.value(id).name; };
  std::string out = fmt::format("{} {} -> {}\n", g.name, name(g.input), name(g.output));
  const auto bits = [](float real) { return fmt::format("{:08x}", std::bit_cast<std::uint32_t>(real)); };
  for_each_node(g.nodes, [&](const Node& node) {
    out += fmt::format("{} {}:", op_type(node), node_name(node));
    for (ValueId id : activation_inputs(node)) out += " " + name(id);
    out += " ->";
    for (ValueId id : outputs_of(node)) out += fmt::format(" {} {}", name(id), to_string(g.shape(id)));
    if (const auto* scan = std::get_if<Scan>(&node)) {
      for (const Scan::State& state : scan->states) out += fmt::format(" carries {} to {}", name(state.body_out), name(state.body_in));
      for (const Scan::Input& input : scan->inputs) out += fmt::format(" hands in {} of axis {}", name(input.body_in), input.axis);
      for (const Scan::Output& output : scan->outputs) out += fmt::format(" stacks {} at axis {}", name(output.body_out), output.axis);
    }
    std::visit(
        [&](const auto& n) {
          if constexpr (requires { n.activation; }) out += n.activation == Activation::relu ? " relu" : n.activation == Activation::relu6 ? " relu6" : " none";
          if constexpr (requires { n.strides; })
            out += fmt::format(" strides {} pads {}", fmt::join(n.strides, ","), fmt::join(n.pads, ","));
          if constexpr (requires { n.dilations; }) out += fmt::format(" dilations {} groups {}", fmt::join(n.dilations, ","), n.groups);
          if constexpr (requires { n.kernel; }) out += fmt::format(" kernel {}", fmt::join(n.kernel, ","));
          if constexpr (requires { n.epsilon; }) out += fmt::format(" {} {}", bits(n.epsilon), bits(n.momentum));
          if constexpr (requires { n.axis; }) out += fmt::format(" axis {}", n.axis);
          if constexpr (requires { n.start; }) out += fmt::format(" from {} to {}", n.start, n.end);
          if constexpr (requires { n.low; }) out += fmt::format(" {} {}", bits(n.low), bits(n.high));
          if constexpr (requires { n.ratio; }) out += fmt::format(" {}", bits(n.ratio));
        },
        node);
    out += "\n";
    for (ValueId id : parameters(node)) {
      out += fmt::format("  {} {}:", name(id), to_string(g.shape(id)));
      for (float real : g.initializer(id).data) out += fmt::format(" {}", bits(real));
      out += "\n";
    }
  });
  std::map<std::string, QFormat> formats;
  if (model.quantization) {
    for (const auto& [id, format] : model.quantization->formats) formats[name(id)] = format;
  }
  for (const auto& [value, format] : formats) {
    out += fmt::format("{} {} bits {} frac", value, format.total_bits, format.frac_bits);
    const ValueId id = *g.find(value);
    out += fmt::format(" [{}]", fmt::join(model.quantization->channels_of(id), ","));
    if (const auto correction = model.quantization->corrections.find(id); correction != model.quantization->corrections.end()) {
      for (float real : correction->second) out += fmt::format(" {}", bits(real));
    }
    out += "\n";
  }
  return out + to_json(model.metadata) + "\n";
}

}  // namespace qmn::testing
