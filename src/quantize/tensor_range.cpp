// SPDX-License-Identifier: Apache-2.0
#include "quantize/tensor_range.h"

#include "engine/engine.h"
#include "passes/passes.h"
#include "quantize/layers.h"
#include "quantize/range_choice.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr double kMostBeyond = 0.01;

TensorRange describe(const Graph& graph, ValueId value, ObservedRange observed, QFormat chosen, double percentile) {
  TensorRange range{.value = value, .name = graph.value(value).name, .is_parameter = graph.is_initializer(value), .observed = std::move(observed), .chosen = chosen};
  range.saturating_share = range.observed.saturating_share(chosen);
  for (const RangeRule rule : kRangeRules) {
    if (range.is_parameter && rule == RangeRule::moving_average) continue;  // it has no clips
    const QFormat format = choose_format(rule, range.observed, chosen.total_bits, percentile);
    range.candidates.push_back({rule_name(rule), format, range.observed.saturating_share(format)});
  }
  for (int power = int_bits_for(range.observed.max_abs()); range.observed.count > 0; --power) {
    const double share = range.observed.saturating_share({8, 7 - power});
    range.beyond.emplace_back(power, share);
    if (share > kMostBeyond || range.beyond.size() > static_cast<std::size_t>(kNarrower)) break;
  }
  return range;
}

}  // namespace

ObservedRange observe_parameter(const Graph& graph, ValueId parameter) {
  ObservedRange observed;
  const std::vector<float>& data = graph.initializer(parameter).data;
  observed.add(data);
  const auto farthest = std::ranges::max_element(data, {}, [](float real) { return std::fabs(real); });
  if (farthest != data.end()) observed.largest.value = *farthest;
  return observed;
}

std::vector<TensorRange> tensor_ranges(const Graph& graph, const RangeObserver& observer, const Quantization& chosen, double percentile) {
  std::vector<TensorRange> ranges;
  std::map<ValueId, std::vector<ValueId>> parameters_of;  // by what their node writes
  for_each_node(graph.nodes, [&](const Node& node) { parameters_of[outputs_of(node).front()] = parameters(node); });
  for (const TiedValues& values : activation_groups(graph)) {
    for (const ValueId value : values) {
      for (const ValueId parameter : parameters_of[value]) {
        if (const auto format = chosen.format_of(parameter)) ranges.push_back(describe(graph, parameter, observe_parameter(graph, parameter), *format, percentile));
      }
    }
    ranges.push_back(describe(graph, values.front(), observer.range(values), chosen.formats.at(values.front()), percentile));
  }
  return ranges;
}

std::vector<TensorRange> observe_tensors(const Model& quantized, const FeatureSet& clips, double percentile) {
  const Graph graph = up_to_logits(quantized.graph);
  const CalibrationMask mask(graph, clips, false);
  RangeObserver observer(graph, mask);
  engine().evaluator(graph, nullptr)->run_observed(clips.features, clips.row_count(), [&](ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count) {
    observer.observe(value, reals, first_clip, clip_count);
  });
  return tensor_ranges(graph, observer, *quantized.quantization, percentile);
}

}  // namespace qmn
