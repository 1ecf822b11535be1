// SPDX-License-Identifier: Apache-2.0
// quantize/progressive.cpp   The classic search: activation by activation from the input to the output, the later ones still float, the
// power-of-two range of highest accuracy. Ties go to the lower KL to float, then to the format nearest to that of min/max.
// It knows labels, and with few clips it fits their accidents: `descend` is the default for that reason.
#include "quantize/search.h"

#include "base/progress.h"

#include <fmt/format.h>

#include <optional>

namespace qmn {
namespace {

constexpr int kWider = 1, kNarrower = 5;  // around min/max, in bits

bool is_better(const CalibrationScore& a, const CalibrationScore& b) { return a.accuracy != b.accuracy ? a.accuracy > b.accuracy : a.kl < b.kl; }

}  // namespace

void progressive_search(RangeSearch& search, const Graph& graph, const std::vector<TiedValues>& activations, const Quantization& minmax, bool is_quiet) {
  Progress progress("searching ranges, activation", activations.size(), is_quiet);
  std::uint64_t done = 0;
  for (const TiedValues& values : activations) {
    const QFormat nearest = minmax.formats.at(values.front());
    Quantization best_wish = search.wish();
    std::optional<CalibrationScore> best;
    const auto consider = [&](int bits) {
      Quantization wish = search.wish();
      set_format(wish, values, {nearest.total_bits, nearest.frac_bits + bits});
      const std::optional<CalibrationScore> score = search.evaluate(wish);
      if (score && (!best || is_better(*score, *best))) {
        best = score;
        best_wish = std::move(wish);
      }
    };
    consider(0);  // first, so that it wins ties; then by distance
    for (int distance = 1; distance <= kNarrower; ++distance) {
      consider(distance);
      if (distance <= kWider) consider(-distance);
    }
    if (best) search.keep(best_wish, *best);
    progress.update(++done, fmt::format("{}: accuracy {:.2f} %", graph.value(values.front()).name, 100 * search.score().accuracy));
  }
}

}  // namespace qmn
