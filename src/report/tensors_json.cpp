// SPDX-License-Identifier: Apache-2.0
#include "report/report_parts.h"

#include <algorithm>

namespace qmn {
namespace {

constexpr int kShownBins = 128;  // over the whole span of the histogram, or over its positive half where nothing is negative
constexpr int kNarrower = 5;     // candidates: the range that holds all values, and so many halvings

nlohmann::json histogram_json(const ObservedRange& range) {
  const Histogram& histogram = range.histogram;
  const int merged = (range.min < 0 ? Histogram::kBins : Histogram::kBinsPerSide) / kShownBins;
  std::vector<std::int64_t> counts;
  int first = -1;
  for (int bin = 0; bin < Histogram::kBins; bin += merged) {
    std::int64_t count = 0;
    for (int i = bin; i < bin + merged; ++i) count += histogram.counts()[static_cast<std::size_t>(i)];
    if (first < 0 && count == 0) continue;
    if (first < 0) first = bin;
    counts.push_back(count);
  }
  while (!counts.empty() && counts.back() == 0) counts.pop_back();
  return {{"low", histogram.lower_edge(std::max(first, 0))}, {"width", histogram.bin_width() * merged}, {"counts", counts}};
}

/// Power-of-two ranges from the one that holds all values down to where more than 1 % of them saturate and every rule has had its say; each with
/// the rules that propose it.
nlohmann::json candidates_json(const TensorRange& tensor) {
  nlohmann::json candidates = nlohmann::json::array();
  int narrowest = format_for(tensor.observed.max_abs(), tensor.chosen.total_bits).frac_bits, widest = narrowest;
  while (narrowest < widest + kNarrower && tensor.observed.saturating_share({tensor.chosen.total_bits, narrowest}) <= 0.01) ++narrowest;
  for (const RangeCandidate& candidate : tensor.candidates) {
    narrowest = std::max(narrowest, candidate.format.frac_bits);
    widest = std::min(widest, candidate.format.frac_bits);
  }
  for (QFormat format{tensor.chosen.total_bits, widest}; format.frac_bits <= std::min(narrowest, kMaxFracBits); ++format.frac_bits) {
    nlohmann::json rules = nlohmann::json::array();
    for (const RangeCandidate& candidate : tensor.candidates) {
      if (candidate.format == format) rules.push_back(candidate.rule);
    }
    candidates.push_back({{"name", format.name()}, {"frac_bits", format.frac_bits}, {"saturating", tensor.observed.saturating_share(format)}, {"rules", std::move(rules)}});
  }
  return candidates;
}

}  // namespace

nlohmann::json tensors_json(const ReportInput& input) {
  std::map<ValueId, const TensorSensitivity*> measured;
  for (const TensorSensitivity& tensor : input.sensitivity.tensors) {
    for (const ValueId value : tensor.values) measured[value] = &tensor;
  }
  nlohmann::json tensors = nlohmann::json::array();
  for (const TensorRange& tensor : input.tensors) {
    const auto known = measured.find(tensor.value);
    if (known == measured.end()) continue;  // a state's first value, a softmax: they follow another's format
    const QFormat format = known->second->format;
    tensors.push_back({{"name", known->second->name},
                       {"kind", tensor_kind_name(known->second->kind)},
                       {"layer", known->second->layer},
                       {"format", {{"name", format.name()}, {"total_bits", format.total_bits}, {"frac_bits", format.frac_bits}}},
                       {"is_per_channel", input.model.quantization->is_per_channel(tensor.value)},
                       {"min", tensor.observed.min},
                       {"max", tensor.observed.max},
                       {"count", tensor.observed.count},
                       {"saturating", tensor.saturating_share},
                       {"sqnr_db", decibels_json(known->second->sqnr_db)},
                       {"histogram", histogram_json(tensor.observed)},
                       {"candidates", candidates_json(tensor)}});
  }
  return tensors;
}

}  // namespace qmn
