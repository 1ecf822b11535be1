// SPDX-License-Identifier: Apache-2.0
#include "quantize/search.h"

#include "quantize/metrics.h"

namespace qmn {
namespace {

Quantization legalized(const Graph& graph, Quantization wish) {
  legalize(graph, wish);
  return wish;
}

}  // namespace

RangeSearch::RangeSearch(const Graph& graph, Quantization wish, const FeatureSet& calibration, const std::vector<float>& reference)
    : graph_(graph),
      calibration_(calibration),
      reference_(reference),
      class_count_(reference.size() / calibration.labels.size()),
      wish_(std::move(wish)),
      session_(engine().search_session(graph, legalized(graph, wish_), calibration.features, calibration.row_count())),
      score_(score_of(session_->logits())) {}

std::optional<CalibrationScore> RangeSearch::evaluate(const Quantization& wish) {
  const Quantization target = legalized(graph_, wish);
  if (target == shipped()) return std::nullopt;
  ++evaluations_;
  return score_of(session_->try_quantization(target));
}

void RangeSearch::keep(const Quantization& wish, const CalibrationScore& score) {
  session_->commit(legalized(graph_, wish));
  wish_ = wish;
  score_ = score;
}

CalibrationScore RangeSearch::score_of(const std::vector<float>& logits) const {
  return {mean_kl(reference_, logits, class_count_), accuracy(logits, calibration_.labels, class_count_)};
}

void set_format(Quantization& quantization, const TiedValues& values, QFormat format) {
  for (const ValueId value : values) quantization.set_format(value, format);
}

std::vector<TiedValues> free_activations(const Graph& graph, const std::map<ValueId, QFormat>& fixed) {
  std::vector<TiedValues> activations = activation_groups(graph);
  std::erase_if(activations, [&](const TiedValues& values) { return fixed.contains(values.front()); });
  return activations;
}

}  // namespace qmn
