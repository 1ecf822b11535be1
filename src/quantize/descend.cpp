// SPDX-License-Identifier: Apache-2.0
// quantize/descend.cpp   Coordinate descent on the mean KL(float ‖ quantized) of the logits. It needs no labels.
//
// In a sweep, each tensor in order of execution tries one fractional bit more, else one less, and goes on in that direction while the
// KL falls. Sweeps end when a whole round of tensors changed nothing.
#include "quantize/search.h"

#include "base/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace qmn {
namespace {

constexpr double kMinGain = 1e-4;  // a smaller relative gain is noise of the clips at hand

/// The activations, with the parameters of a layer in front of what it writes.
std::vector<TiedValues> search_order(const Graph& graph, const std::vector<TiedValues>& activations, const Quantization& quantization) {
  std::vector<TiedValues> order = activations;
  std::set<ValueId> placed;
  for (const WeightedLayer& layer : weighted_layers(graph)) {
    for (const ValueId parameter : {layer.weight, layer.bias}) {
      if (parameter == kNoValue || quantization.formats.at(parameter).total_bits != 8 || !placed.insert(parameter).second) continue;
      const auto written = std::find_if(order.begin(), order.end(), [&](const TiedValues& values) { return values.front() == layer.output; });
      order.insert(written, {parameter});
    }
  }
  return order;
}

/// One tensor, one direction; true when at least one step was kept.
bool walk(RangeSearch& search, const TiedValues& values, int direction) {
  bool has_moved = false;
  for (;;) {
    Quantization wish = search.wish();
    QFormat format = search.shipped().formats.at(values.front());
    format.frac_bits += direction;
    if (std::abs(format.frac_bits) > kMaxFracBits) return has_moved;
    set_format(wish, values, format);
    const std::optional<CalibrationScore> score = search.evaluate(wish);
    if (!score || score->kl >= search.score().kl * (1 - kMinGain)) return has_moved;
    search.keep(wish, *score);
    has_moved = true;
  }
}

}  // namespace

void descend_search(RangeSearch& search, const Graph& graph, const std::vector<TiedValues>& activations, int max_sweeps, bool is_quiet) {
  const std::vector<TiedValues> order = search_order(graph, activations, search.shipped());
  Progress progress("searching ranges, tensor", order.size() * static_cast<std::size_t>(max_sweeps), is_quiet);
  std::uint64_t done = 0;
  std::size_t unchanged_in_a_row = 0;
  for (int sweep = 0; sweep < max_sweeps; ++sweep) {
    for (const TiedValues& values : order) {
      const bool has_moved = walk(search, values, +1) || walk(search, values, -1);
      unchanged_in_a_row = has_moved ? 0 : unchanged_in_a_row + 1;
      progress.update(++done, fmt::format("{}: KL {:.5f}", graph.value(values.front()).name, search.score().kl));
      if (unchanged_in_a_row == order.size()) return;
    }
  }
}

}  // namespace qmn
