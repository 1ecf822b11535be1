// SPDX-License-Identifier: Apache-2.0
#include "quantize/sensitivity.h"

#include "base/check.h"
#include "base/error.h"
#include "base/progress.h"
#include "engine/engine.h"
#include "passes/passes.h"
#include "quantize/divergence.h"
#include "quantize/metrics.h"

#include <algorithm>
#include <set>

namespace qmn {
namespace {

/// The tensors that have a format, in order of execution, a layer's parameters in front of what it writes.
std::vector<TensorSensitivity> quantized_tensors(const Graph& graph, const Quantization& quantization) {
  std::vector<TensorSensitivity> tensors;
  std::set<ValueId> listed;
  const std::vector<TiedValues> groups = activation_groups(graph);
  const auto add = [&](TensorKind kind, const std::string& layer, const TiedValues& values) {
    const std::optional<QFormat> format = quantization.format_of(values.front());
    if (!format || !listed.insert(values.front()).second) return;
    tensors.push_back({.name = graph.value(values.front()).name, .layer = layer, .kind = kind, .values = values, .format = *format, .leave_one_out = {}, .one_only = {}});
  };
  add(TensorKind::activation, "", groups.front());
  for_each_node(graph.nodes, [&](const Node& node) {
    const std::optional<WeightedLayer> layer = weighted_layer(node);
    for (const ValueId id : parameters(node)) add(layer && id == layer->bias ? TensorKind::bias : TensorKind::weight, node_name(node), {id});
    for (const ValueId output : outputs_of(node)) {
      const auto group = std::ranges::find_if(groups, [&](const TiedValues& values) { return std::ranges::count(values, output) > 0; });
      if (group != groups.end()) add(TensorKind::activation, node_name(node), *group);
    }
  });
  return tensors;
}

/// `base`, but these values as in `source`.
Quantization with(Quantization base, const TiedValues& values, const Quantization& source) {
  for (const ValueId value : values) base.take(value, source);
  return base;
}

}  // namespace

const char* tensor_kind_name(TensorKind kind) {
  switch (kind) {
    case TensorKind::activation: return "activation";
    case TensorKind::weight: return "weight";
    case TensorKind::bias: return "bias";
  }
  QMN_CHECK(false, "every kind has a name");
}

Sensitivity measure_sensitivity(const Model& quantized, const FeatureSet& clips, bool is_quiet, SensitivityScope scope) {
  QMN_CHECK(quantized.quantization.has_value(), "sensitivity is of a quantized model");
  const Graph graph = up_to_logits(quantized.graph);
  const Quantization& quantization = *quantized.quantization;
  if (clips.row_count() == 0) fail_data("no clips: sensitivity cannot be measured");
  if (const std::int64_t inputs = element_count(graph.shape(graph.input)); inputs != clips.features_per_clip) {
    fail_data("input {} takes {} values, but a clip has {}: the front end is not the one that the model was made with", graph.value(graph.input).name, inputs, clips.features_per_clip);
  }
  Sensitivity result{.outputs = clips.outputs, .float_net = {}, .quantized_net = {}, .tensors = quantized_tensors(graph, quantization)};
  if (scope == SensitivityScope::harm_of_activations) std::erase_if(result.tensors, [](const TensorSensitivity& tensor) { return tensor.kind != TensorKind::activation; });
  const bool is_whole = scope == SensitivityScope::all;
  Progress progress("sensitivity, tensor", (is_whole ? 2 : 1) * result.tensors.size(), is_quiet);
  std::uint64_t done = 0;

  std::vector<float> reference;
  const bool has_classes = clips.outputs != OutputKind::values;
  const auto score = [&](const std::vector<float>& logits) {
    const Divergence divergence(clips.outputs, reference, clips.labels.size());
    return CalibrationScore{.kl = divergence.mean(reference, logits), .accuracy = has_classes ? accuracy(logits, clips.labels, divergence.output_count()) : 0};
  };
  {
    const std::unique_ptr<SearchSession> session = engine().search_session(graph, {}, clips.features, clips.row_count());
    reference = session->logits();
    result.float_net = score(reference);
    if (is_whole) {
      for (TensorSensitivity& tensor : result.tensors) {
        tensor.one_only = score(session->try_quantization(with({}, tensor.values, quantization)));
        progress.update(++done, fmt::format("{} alone", tensor.name));
      }
    }
  }
  const std::unique_ptr<SearchSession> session = engine().search_session(graph, quantization, clips.features, clips.row_count());
  result.quantized_net = score(session->logits());
  for (TensorSensitivity& tensor : result.tensors) {
    tensor.leave_one_out = score(session->try_quantization(with(quantization, tensor.values, {})));
    tensor.harm = result.quantized_net.kl - tensor.leave_one_out.kl;
    progress.update(++done, fmt::format("all but {}", tensor.name));
  }
  if (is_whole) {
    const std::map<ValueId, double> sqnr = measure_sqnr(graph, quantization, clips);
    for (TensorSensitivity& tensor : result.tensors) tensor.sqnr_db = sqnr.at(tensor.values.front());
  }
  std::ranges::stable_sort(result.tensors, [](const TensorSensitivity& a, const TensorSensitivity& b) { return a.harm != b.harm ? a.harm > b.harm : a.one_only.kl > b.one_only.kl; });
  return result;
}

}  // namespace qmn
