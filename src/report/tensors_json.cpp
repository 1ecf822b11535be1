// SPDX-License-Identifier: Apache-2.0
#include "report/report_parts.h"

namespace qmn {
namespace {

constexpr int kShownBins = 128;  // over the whole span of the histogram, or over its positive half where nothing is negative
constexpr int kNarrower = 5;     // candidates: the range that holds all values, and so many halvings

nlohmann::json histogram_json(const TensorValues& values) {
  const Histogram& histogram = values.histogram;
  const int merged = (values.range.min < 0 ? Histogram::kBins : Histogram::kBinsPerSide) / kShownBins;
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

/// Power-of-two ranges from the one that holds all values down to where more than 1 % of them saturate.
nlohmann::json candidates_json(const ObservedRange& range, int total_bits) {
  nlohmann::json candidates = nlohmann::json::array();
  QFormat format = format_for(range.max_abs(), total_bits);
  for (int halvings = 0; halvings <= kNarrower && format.frac_bits <= kMaxFracBits; ++halvings, ++format.frac_bits) {
    const double share = range.saturating_share(format);
    candidates.push_back({{"name", format.name()}, {"frac_bits", format.frac_bits}, {"saturating", share}});
    if (share > 0.01) break;
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
  for (const TensorValues& tensor : input.tensors) {
    const auto known = measured.find(tensor.value);
    if (known == measured.end()) continue;  // a state's first value, a softmax: they follow another's format
    const QFormat format = known->second->format;
    tensors.push_back({{"name", known->second->name},
                       {"kind", tensor_kind_name(known->second->kind)},
                       {"layer", known->second->layer},
                       {"format", {{"name", format.name()}, {"total_bits", format.total_bits}, {"frac_bits", format.frac_bits}}},
                       {"is_per_channel", input.model.quantization->is_per_channel(tensor.value)},
                       {"min", tensor.range.min},
                       {"max", tensor.range.max},
                       {"count", tensor.range.count},
                       {"saturating", tensor.range.saturating_share(format)},
                       {"sqnr_db", decibels_json(known->second->sqnr_db)},
                       {"histogram", histogram_json(tensor)},
                       {"candidates", candidates_json(tensor.range, format.total_bits)}});
  }
  return tensors;
}

}  // namespace qmn
