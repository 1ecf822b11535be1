// SPDX-License-Identifier: Apache-2.0
// quantize/quantize.cpp   The steps of quantize_model: prepare → observe → min/max → search → formats that ship.
#include "quantize/quantize.h"

#include "base/check.h"
#include "passes/passes.h"
#include "quantize/calibrated_net.h"
#include "quantize/channel_formats.h"
#include "quantize/search.h"

#include <optional>
#include <string_view>

namespace qmn {
namespace {

std::optional<RangeRule> rule_of(RangeMethod method) {
  for (const RangeRule rule : kRangeRules) {
    if (std::string_view(rule_name(rule)) == method_name(method)) return rule;
  }
  return std::nullopt;
}

}  // namespace

const char* method_name(RangeMethod method) {
  switch (method) {
    case RangeMethod::minmax: return "minmax";
    case RangeMethod::moving_average: return "moving_average";
    case RangeMethod::percentile: return "percentile";
    case RangeMethod::mse: return "mse";
    case RangeMethod::kl: return "kl";
    case RangeMethod::progressive: return "progressive";
    case RangeMethod::descend: return "descend";
  }
  QMN_CHECK(false, "every method has a name");
}

QuantizeResult quantize_model(const Model& float_model, const FeatureSet& calibration, const QuantizeSettings& settings) {
  const CalibratedNet net(prepare_for_inference(float_model.graph), calibration, settings);
  const Quantization minmax = net.formats(RangeRule::minmax);
  ScoreBook book = settings.state_path.empty() ? ScoreBook() : ScoreBook(settings.state_path, search_fingerprint(float_model, calibration, settings));
  const bool starts_float = settings.method == RangeMethod::progressive;
  RangeSearch search({.graph = net.graph(), .clips = calibration, .reference = net.reference(), .objective = settings.objective,
                      .deadline = Deadline(settings.time_budget_seconds), .book = &book},
                     starts_float ? net.parameters() : minmax);
  const CalibrationScore start = starts_float ? search.evaluate(minmax) : search.score();
  if (const auto rule = rule_of(settings.method)) {
    const Quantization formats = net.formats(*rule);
    search.keep(formats, search.evaluate(formats), method_name(settings.method));
  } else if (starts_float) {
    progressive_search(search, net.activations(), minmax, settings.is_quiet);
  } else {
    descend_search(search, net.activations(), descent_starts(net), {.max_sweeps = settings.sweeps, .is_quiet = settings.is_quiet});
  }

  if (settings.is_per_channel) {
    const Quantization channels = channel_formats(net.graph(), search.wish());
    search.keep(channels, search.evaluate(channels), "per-channel weights");
  }

  QuantizeResult result = net.result(float_model.metadata, search.wish());
  if (!book.notice().empty()) result.remarks.push_back(book.notice());
  result.start = start;
  result.final = search.score();
  result.evaluations = search.evaluations();
  result.trace = search.trace();
  result.is_out_of_time = search.is_out_of_time();
  book.remove();
  return result;
}

}  // namespace qmn
