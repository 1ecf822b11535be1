// SPDX-License-Identifier: Apache-2.0
// quantize/mse.cpp   error(f) = sum of (x - fake_quantize(x, f))^2, for the min/max format and kNarrower more fractional bits.
#include "quantize/layers.h"
#include "quantize/minmax.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace qmn {
namespace {

constexpr int kNarrower = 5;

class SquaredErrors {
 public:
  explicit SquaredErrors(QFormat widest) : widest_(widest) {}

  void add(std::span<const float> reals) {
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      const QFormat format = candidate(i);
      const double scale = std::ldexp(1.0, format.frac_bits), step = format.step();
      const auto low = static_cast<double>(format.raw_min()), high = static_cast<double>(format.raw_max());
      double sum = 0;
      for (const float real : reals) {
        const double raw = std::clamp(std::floor(real * scale + 0.5), low, high);
        const double error = real - raw * step;
        sum += error * error;
      }
      errors_[i] += sum;
    }
  }

  /// The widest of equals.
  QFormat best() const { return candidate(static_cast<std::size_t>(std::ranges::min_element(errors_) - errors_.begin())); }

 private:
  QFormat candidate(std::size_t index) const { return {widest_.total_bits, std::min(widest_.frac_bits + static_cast<int>(index), kMaxFracBits)}; }

  QFormat widest_;
  std::array<double, kNarrower + 1> errors_{};
};

}  // namespace

Quantization mse_formats(const Graph& prepared, const Quantization& minmax, Evaluator& evaluator, const FeatureSet& calibration, const CalibrationMask& mask) {
  std::map<ValueId, std::size_t> group_of;
  const std::vector<TiedValues> groups = activation_groups(prepared);
  std::vector<SquaredErrors> errors;
  for (const TiedValues& values : groups) {
    group_of[values.front()] = errors.size();  // tied values are equal: one of them is enough
    errors.emplace_back(minmax.formats.at(values.front()));
  }
  evaluator.run_observed(calibration.features, calibration.row_count(), [&](ValueId value, std::span<const float> reals, std::int64_t first_clip, std::int64_t clip_count) {
    const auto group = group_of.find(value);
    if (group == group_of.end()) return;
    mask.visit(value, reals, first_clip, clip_count, [&](std::span<const float> kept) { errors[group->second].add(kept); }, [](std::span<const float>) {});
  });

  Quantization quantization = minmax;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (const ValueId value : groups[group]) quantization.formats[value] = errors[group].best();
  }
  for (const WeightedLayer& layer : weighted_layers(prepared)) {
    for (const ValueId parameter : {layer.weight, layer.bias}) {
      if (parameter == kNoValue || minmax.formats.at(parameter).total_bits != 8) continue;
      SquaredErrors error(minmax.formats.at(parameter));
      error.add(prepared.initializer(parameter).data);
      quantization.formats[parameter] = error.best();
    }
  }
  return quantization;
}

}  // namespace qmn
