// SPDX-License-Identifier: Apache-2.0
// passes/equalize.cpp     before: first → f → second     after: first' → f → second'     first, second: Conv or Gemm, depthwise ones too
//   per channel c of the values between:  w1'[c] = w1[c] / s    b1'[c] = b1[c] / s    w2'[·, c] = w2[·, c] · s
//   s = √(r1 / r2)      r1: largest |w1[c]|, or largest |x| of the channel where it was observed;  r2: largest |w2[·, c]|
//   (Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction", eq. 11)
// The net computes the same, because f(x / s) · s = f(x) for s > 0 and every f that may stand between: ReLU (fused or not; ReLU6 is none),
// average and max pool, Flatten, Dropout. Afterwards both ranges of a channel are √(r1 · r2), so that no channel alone forces a wide format upon all.
// Fires when everything between, and each parameter, has one reader. A chain of layers is gone through until the scales are all near 1.
#include "passes/equalize.h"

#include "passes/uses.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace qmn {
namespace {

constexpr int kMaxRounds = 40;
constexpr double kSettled = 1e-3;  // relative change of every scale
constexpr double kMaxScale = 256;  // of one step: channels that are next to dead are not blown up

/// A layer with weights, whichever operator it is.
struct Layer {
  ValueId input, weight, bias, output;
  std::int64_t groups;
  Activation activation;
};

std::optional<Layer> layer_of(const Node& node) {
  if (const auto* conv = std::get_if<Conv2d>(&node)) return Layer{conv->input, conv->weight, conv->bias, conv->output, conv->groups, conv->activation};
  if (const auto* dense = std::get_if<FullyConnected>(&node)) return Layer{dense->input, dense->weight, dense->bias, dense->output, 1, dense->activation};
  return std::nullopt;
}

bool commutes_with_scales(const Node& node) {
  return std::holds_alternative<Relu>(node) || std::holds_alternative<AveragePool2d>(node) || std::holds_alternative<MaxPool2d>(node) ||
         std::holds_alternative<Flatten>(node) || std::holds_alternative<Dropout>(node);
}

/// Parameters that another node reads too stay as they are.
bool owns_parameters(const Graph& graph, const Layer& layer) {
  return use_count(graph, layer.weight) == 1 && (layer.bias == kNoValue || use_count(graph, layer.bias) == 1);
}

struct Pair {
  Layer first, second;
  std::int64_t channels;  // of the value between, as first writes them
};

std::vector<Pair> pairs_of(const Graph& graph) {
  std::vector<Pair> pairs;
  for (const Node& node : graph.nodes) {
    const auto second = layer_of(node);
    if (!second) continue;
    for (ValueId value = second->input; use_count(graph, value) == 1;) {
      const auto producer = producer_of(graph.nodes, value);
      if (!producer) break;
      const Node& writer = graph.nodes[*producer];
      if (const auto first = layer_of(writer)) {
        if (first->activation != Activation::relu6 && owns_parameters(graph, *first) && owns_parameters(graph, *second)) pairs.push_back({*first, *second, graph.shape(first->output).at(1)});
        break;
      }
      if (!commutes_with_scales(writer)) break;
      value = activation_inputs(writer).front();
    }
  }
  return pairs;
}

/// The parameters in double while they are scaled, round after round: rounded to float once, at the end.
using Reals = std::map<ValueId, std::vector<double>>;

/// Calls visit(weight, channel) for each weight of the second layer, `channel` being the one that it reads, counted as the first writes them.
template <class Visit>
void visit_reading(const Graph& graph, Reals& reals, const Pair& pair, const Visit& visit) {
  const Shape& shape = graph.shape(pair.second.weight);
  const std::int64_t outputs = shape[0], inputs_of_group = shape[1];
  const std::int64_t area = element_count(shape) / (outputs * inputs_of_group);
  const std::int64_t outputs_of_group = outputs / pair.second.groups;
  const std::int64_t repeats = inputs_of_group * pair.second.groups / pair.channels;  // above 1 behind a Flatten: pixels of a channel
  auto weight = reals.at(pair.second.weight).begin();
  for (std::int64_t out = 0; out < outputs; ++out) {
    for (std::int64_t in = 0; in < inputs_of_group; ++in) {
      const std::int64_t read = out / outputs_of_group * inputs_of_group + in;
      for (std::int64_t k = 0; k < area; ++k) visit(*weight++, static_cast<std::size_t>(read / repeats));
    }
  }
}

template <class Visit>
void visit_writing(Reals& reals, const Pair& pair, ValueId parameter, const Visit& visit) {
  if (parameter == kNoValue) return;
  std::vector<double>& values = reals.at(parameter);
  const std::size_t per_channel = values.size() / static_cast<std::size_t>(pair.channels);
  for (std::size_t i = 0; i < values.size(); ++i) visit(values[i], i / per_channel);
}

std::vector<double> scales_of(const Graph& graph, Reals& reals, const Pair& pair, const EqualizeSettings& settings, const Reals& observed) {
  std::vector<double> first(static_cast<std::size_t>(pair.channels)), second = first, scales(first.size(), 1);
  const auto largest = [](std::vector<double>& ranges) { return [&ranges](double weight, std::size_t c) { ranges[c] = std::max(ranges[c], std::fabs(weight)); }; };
  if (const auto found = observed.find(pair.first.output); found != observed.end()) first = found->second;
  else visit_writing(reals, pair, pair.first.weight, largest(first));
  visit_reading(graph, reals, pair, largest(second));
  for (std::size_t c = 0; c < scales.size(); ++c) {
    if (first[c] == 0 || second[c] == 0) continue;  // a dead channel
    const double scale = std::clamp(std::sqrt(first[c] / second[c]), 1 / kMaxScale, kMaxScale);
    scales[c] = settings.is_power_of_two ? std::exp2(std::round(std::log2(scale))) : scale;
  }
  return scales;
}

Reals parameters_of(const Graph& graph, const std::vector<Pair>& pairs) {
  Reals reals;
  for (const Pair& pair : pairs) {
    for (const ValueId parameter : {pair.first.weight, pair.first.bias, pair.second.weight}) {
      if (parameter != kNoValue) reals[parameter].assign(graph.initializer(parameter).data.begin(), graph.initializer(parameter).data.end());
    }
  }
  return reals;
}

void scale_pair(const Graph& graph, Reals& reals, const Pair& pair, const std::vector<double>& divisors) {
  const auto divide = [&](double& value, std::size_t c) { value /= divisors[c]; };
  visit_writing(reals, pair, pair.first.weight, divide);
  visit_writing(reals, pair, pair.first.bias, divide);
  visit_reading(graph, reals, pair, [&](double& weight, std::size_t c) { weight *= divisors[c]; });
}

void store(const Reals& reals, Graph& graph) {
  for (const auto& [parameter, values] : reals) std::ranges::transform(values, graph.initializer(parameter).data.begin(), [](double real) { return static_cast<float>(real); });
}

}  // namespace

int equalize_layers(Graph& graph, const EqualizeSettings& settings) {
  const std::vector<Pair> pairs = pairs_of(graph);
  Reals observed, reals = parameters_of(graph, pairs);
  for (const auto& [value, ranges] : settings.channel_max_abs) observed[value].assign(ranges.begin(), ranges.end());
  for (int round = 0; round < kMaxRounds; ++round) {
    bool is_settled = true;
    for (const Pair& pair : pairs) {
      const std::vector<double> scales = scales_of(graph, reals, pair, settings, observed);
      scale_pair(graph, reals, pair, scales);
      if (const auto found = observed.find(pair.first.output); found != observed.end()) {
        for (std::size_t c = 0; c < scales.size(); ++c) found->second[c] /= scales[c];
      }
      is_settled = is_settled && std::ranges::all_of(scales, [](double scale) { return std::fabs(scale - 1) < kSettled; });
    }
    if (is_settled) break;
  }
  store(reals, graph);
  return static_cast<int>(pairs.size());
}

std::vector<ValueId> scalable_values(const Graph& graph) {
  std::vector<ValueId> values;
  for (const Pair& pair : pairs_of(graph)) values.push_back(pair.first.output);
  return values;
}

void scale_values(Graph& graph, const std::map<ValueId, double>& divisors) {
  const std::vector<Pair> pairs = pairs_of(graph);
  Reals reals = parameters_of(graph, pairs);
  for (const Pair& pair : pairs) {
    if (const auto found = divisors.find(pair.first.output); found != divisors.end()) {
      scale_pair(graph, reals, pair, std::vector<double>(static_cast<std::size_t>(pair.channels), found->second));
    }
  }
  store(reals, graph);
}

}  // namespace qmn
