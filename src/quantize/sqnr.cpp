// SPDX-License-Identifier: Apache-2.0
// quantize/sqnr.cpp   SQNR = 10 log10(sum x^2 / sum (x - q)^2). The float net and the quantized one run side by side, some clips at a time.
#include "quantize/sensitivity.h"

#include "engine/engine.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace qmn {
namespace {

constexpr std::int64_t kClipsAtOnce = 32;  // all activations of so many clips are held

struct SignalAndNoise {
  double signal = 0, noise = 0;
  void add(std::span<const float> reals, std::span<const float> quantized) {
    for (std::size_t i = 0; i < reals.size(); ++i) {
      const double real = reals[i], error = real - static_cast<double>(quantized[i]);
      signal += real * real;
      noise += error * error;
    }
  }
  double decibels() const {
    if (noise == 0) return std::numeric_limits<double>::infinity();
    return 10 * std::log10(signal / noise);
  }
};

using Activations = std::map<ValueId, std::vector<float>>;

Activations run(Evaluator& evaluator, std::span<const float> inputs, std::int64_t clip_count) {
  Activations values;
  evaluator.run_observed(inputs, clip_count, [&](ValueId value, std::span<const float> reals, std::int64_t, std::int64_t) {
    values[value].insert(values[value].end(), reals.begin(), reals.end());
  });
  return values;
}

/// A parameter as it ships: corrected, rounded, in the formats of its channels.
std::vector<float> shipped_parameter(const Graph& graph, const Quantization& quantization, ValueId id) {
  const std::vector<std::int32_t> raw = raw_parameter(graph, quantization, id);
  const std::vector<int> frac_bits = quantization.channels_of(id);
  const std::size_t per_channel = std::max<std::size_t>(1, raw.size() / frac_bits.size());
  std::vector<float> reals(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) reals[i] = static_cast<float>(std::ldexp(static_cast<double>(raw[i]), -frac_bits[i / per_channel]));
  return reals;
}

}  // namespace

std::map<ValueId, double> measure_sqnr(const Graph& graph, const Quantization& quantization, const FeatureSet& clips) {
  std::map<ValueId, SignalAndNoise> sums;
  for (const auto& [id, tensor] : graph.initializers) {
    if (quantization.format_of(id)) sums[id].add(tensor.data, shipped_parameter(graph, quantization, id));
  }
  const std::unique_ptr<Evaluator> reference = engine().evaluator(graph, nullptr), shipped = engine().evaluator(graph, &quantization);
  const auto width = static_cast<std::size_t>(clips.features_per_clip);
  for (std::int64_t first = 0; first < clips.row_count(); first += kClipsAtOnce) {
    const std::int64_t count = std::min(kClipsAtOnce, clips.row_count() - first);
    const auto inputs = std::span(clips.features).subspan(static_cast<std::size_t>(first) * width, static_cast<std::size_t>(count) * width);
    const Activations reals = run(*reference, inputs, count), quantized = run(*shipped, inputs, count);
    for (const auto& [value, values] : reals) {
      if (quantization.format_of(value)) sums[value].add(values, quantized.at(value));
    }
  }
  std::map<ValueId, double> decibels;
  for (const auto& [value, sum] : sums) decibels[value] = sum.decibels();
  return decibels;
}

}  // namespace qmn
