// SPDX-License-Identifier: Apache-2.0
// quantize/quantize.cpp   The steps of quantize_model: prepare → observe → min/max → search → formats that ship.
#include "quantize/quantize.h"

#include "base/check.h"
#include "base/error.h"
#include "engine/engine.h"
#include "passes/passes.h"
#include "quantize/minmax.h"
#include "quantize/search.h"

#include <algorithm>

namespace qmn {
namespace {

void check_operators(const Graph& prepared) {
  for_each_node(prepared.nodes, [&](const Node& node) {
    if (std::holds_alternative<BatchNorm>(node)) {
      fail_data("node {} ({}) does not directly follow a Conv or Gemm of its own: it cannot be folded and has no integer form", node_name(node), op_type(node));
    }
  });
}

void check_calibration(const Graph& graph, const FeatureSet& calibration) {
  if (calibration.row_count() == 0) fail_data("no calibration clips: the ranges of activations cannot be chosen");
  const std::int64_t inputs = element_count(graph.shape(graph.input)), classes = element_count(graph.shape(graph.output));
  if (calibration.features_per_clip != inputs) {
    fail_data("input {} takes {} = {} values, but a calibration clip has {}: the front end is not the one that the model was made with",
              graph.value(graph.input).name, to_string(graph.shape(graph.input)), inputs, calibration.features_per_clip);
  }
  const int largest = *std::ranges::max_element(calibration.labels);
  if (largest >= classes) fail_data("a calibration clip has label {}, but output {} has {} classes", largest, graph.value(graph.output).name, classes);
}

Quantization with(Quantization quantization, const std::map<ValueId, QFormat>& fixed) {
  for (const auto& [value, format] : fixed) quantization.formats[value] = format;
  return quantization;
}

/// Says what digital silence would have done to the input's range.
void remark_silence(const RangeObserver& observer, const CalibrationMask& mask, const FeatureSet& calibration, std::vector<std::string>& remarks) {
  if (mask.silent_frame_count() == 0) return;
  const double share = 100.0 * static_cast<double>(mask.silent_frame_count()) / static_cast<double>(calibration.silent_frames.size());
  const ObservedRange& silent = observer.silent_input_range();
  remarks.push_back(fmt::format("input: {} frames of digital silence ({:.2f} %, {} whole clips) left out of the ranges; they reach {:.4g}", mask.silent_frame_count(),
                                share, mask.silent_clip_count(), silent.max_abs() == static_cast<double>(silent.max) ? silent.max : silent.min));
}

}  // namespace

const char* method_name(RangeMethod method) {
  switch (method) {
    case RangeMethod::minmax: return "minmax";
    case RangeMethod::progressive: return "progressive";
    case RangeMethod::descend: return "descend";
  }
  QMN_CHECK(false, "every method has a name");
}

QuantizeResult quantize_model(const Model& float_model, const FeatureSet& calibration, const QuantizeSettings& settings) {
  QuantizeResult result;
  result.model = {prepare_for_inference(float_model.graph), float_model.metadata, std::nullopt};
  check_operators(result.model.graph);
  const Graph graph = up_to_logits(result.model.graph);
  check_calibration(graph, calibration);

  const std::unique_ptr<Evaluator> evaluator = engine().evaluator(graph, nullptr);
  const CalibrationMask mask(graph, calibration, settings.keeps_silent_frames);
  RangeObserver observer(graph, mask);
  evaluator->run_observed(calibration.features, calibration.row_count(), [&](ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count) {
    observer.observe(value, reals, first_clip, clip_count);
  });
  remark_silence(observer, mask, calibration, result.remarks);
  const std::vector<float> reference = evaluator->run(calibration.features, calibration.row_count());

  const std::map<ValueId, QFormat> fixed = settings.act_max.empty() ? std::map<ValueId, QFormat>{} : act_max_formats(graph, settings.act_max);
  const std::vector<TiedValues> activations = free_activations(graph, fixed);
  const Quantization parameters = with(quantize_parameters(graph, settings.bias_bits), fixed);
  const Quantization minmax = with(minmax_formats(graph, parameters, observer), fixed);
  const bool starts_float = settings.method == RangeMethod::progressive;
  RangeSearch search(graph, starts_float ? parameters : minmax, calibration, reference);
  result.start = starts_float ? search.evaluate(minmax).value_or(search.score()) : search.score();
  if (settings.method == RangeMethod::progressive) progressive_search(search, graph, activations, minmax, settings.is_quiet);
  if (settings.method == RangeMethod::descend) {
    const Quantization mse = with(mse_formats(graph, minmax, *evaluator, calibration, mask), fixed);
    if (const auto score = search.evaluate(mse); score && score->kl < search.score().kl) search.keep(mse, *score);
    descend_search(search, graph, activations, settings.sweeps, settings.is_quiet);
  }
  result.final = search.score();
  result.evaluations = search.evaluations();

  Quantization shipped = search.wish();
  for (const Node& node : result.model.graph.nodes) {
    if (const auto* softmax = std::get_if<Softmax>(&node)) shipped.formats[softmax->output] = QFormat{8, 7};
  }
  const std::vector<std::string> clamped = legalize(result.model.graph, shipped);
  result.remarks.insert(result.remarks.end(), clamped.begin(), clamped.end());
  for (const TiedValues& values : activation_groups(result.model.graph)) {
    for (const ValueId value : values) result.saturating_share[value] = observer.range(values.front()).saturating_share(shipped.formats.at(value));
  }
  result.model.quantization = std::move(shipped);
  return result;
}

}  // namespace qmn
