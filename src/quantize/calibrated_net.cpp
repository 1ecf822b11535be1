// SPDX-License-Identifier: Apache-2.0
#include "quantize/calibrated_net.h"

#include "base/error.h"
#include "engine/engine.h"
#include "passes/passes.h"
#include "quantize/rule_formats.h"
#include "quantize/search.h"
#include "quantize/wide_activations.h"

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
  if (calibration.outputs != OutputKind::values && largest >= classes) fail_data("a calibration clip has label {}, but output {} has {} classes", largest, graph.value(graph.output).name, classes);
}

/// What needs labels must not be asked of clips without.
void check_labels(const FeatureSet& clips, const QuantizeSettings& settings) {
  if (clips.outputs != OutputKind::values && clips.has_labels()) return;
  const char* const why = clips.outputs == OutputKind::values ? "the outputs are values, not classes" : "no calibration clip has a label";
  if (settings.method == RangeMethod::progressive) fail_usage("--method progressive needs labels, but {}: use descend", why);
  if (settings.objective != Objective::kl) fail_usage("--objective {} needs labels, but {}: leave it out", objective_name(settings.objective), why);
}

Graph checked(Graph prepared, const FeatureSet& clips, const QuantizeSettings& settings) {
  check_operators(prepared);
  check_calibration(up_to_logits(prepared), clips);
  check_labels(clips, settings);
  return prepared;
}

Quantization with(Quantization quantization, const std::map<ValueId, QFormat>& fixed) {
  for (const auto& [value, format] : fixed) quantization.set_format(value, format);
  return quantization;
}

}  // namespace

CalibratedNet::CalibratedNet(Graph prepared, const FeatureSet& clips, const QuantizeSettings& settings)
    : prepared_(checked(std::move(prepared), clips, settings)),
      graph_(up_to_logits(prepared_)),
      clips_(clips),
      percentile_(settings.percentile),
      mask_(graph_, clips, settings.keeps_silent_frames),
      observer_(graph_, mask_),
      fixed_(settings.act_max.empty() ? std::map<ValueId, QFormat>{} : act_max_formats(graph_, settings.act_max)) {
  const std::vector<TiedValues> wide = named_activations(graph_, settings.wide_activations);
  const std::unique_ptr<Evaluator> evaluator = engine().evaluator(graph_, nullptr);
  evaluator->run_observed(clips.features, clips.row_count(), [&](ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count) {
    observer_.observe(value, reals, first_clip, clip_count);
  });
  reference_ = evaluator->run(clips.features, clips.row_count());
  for (const TiedValues& values : wide) {
    for (const ValueId value : values) fixed_[value] = wide_format(observer_.range(values));
  }
  activations_ = free_activations(graph_, fixed_);
  parameters_ = with(quantize_parameters(graph_, settings.bias_bits), fixed_);
  remark_silence();
}

Quantization CalibratedNet::formats(RangeRule rule) const { return with(rule_formats(rule, graph_, parameters_, observer_, percentile_), fixed_); }

/// Says what digital silence would have done to the input's range.
void CalibratedNet::remark_silence() {
  if (mask_.silent_frame_count() == 0) return;
  const double share = 100.0 * static_cast<double>(mask_.silent_frame_count()) / static_cast<double>(clips_.silent_frames.size());
  const ObservedRange& silent = observer_.silent_input_range();
  remarks_.push_back(fmt::format("input: {} frames of digital silence ({:.2f} %, {} whole clips) left out of the ranges; they reach {:.4g}", mask_.silent_frame_count(),
                                 share, mask_.silent_clip_count(), silent.max_abs() == static_cast<double>(silent.max) ? silent.max : silent.min));
}

QuantizeResult CalibratedNet::result(Metadata metadata, const Quantization& wish) const {
  QuantizeResult result;
  result.model = {prepared_, std::move(metadata), std::nullopt};
  result.remarks = remarks_;
  Quantization shipped = wish;
  for (const Node& node : prepared_.nodes) {
    if (const auto* softmax = std::get_if<Softmax>(&node)) shipped.set_format(softmax->output, QFormat{8, 7});
  }
  const std::vector<std::string> clamped = legalize(prepared_, shipped);
  result.remarks.insert(result.remarks.end(), clamped.begin(), clamped.end());
  for (const TiedValues& values : activation_groups(prepared_)) {
    for (const ValueId value : values) result.saturating_share[value] = observer_.range(values).saturating_share(shipped.formats.at(value));
  }
  result.tensors = tensor_ranges(graph_, observer_, shipped, percentile_);
  result.model.quantization = std::move(shipped);
  return result;
}

}  // namespace qmn
