// SPDX-License-Identifier: Apache-2.0
// quantize/progressive.cpp   The classic search: tensor by tensor from the input to the output, the activations behind still float, the
// power-of-two range of highest accuracy. Ties go to the lower KL to float, then to the format nearest to that of min/max.
// It knows labels, and with few clips it fits their accidents: `descend` is the default for that reason.
#include "quantize/search.h"

#include "base/progress.h"

#include <fmt/format.h>

#include <optional>

namespace qmn {
namespace {

constexpr int kWiderBits = 1, kNarrowerBits = 5;  // around min/max

bool is_better(const CalibrationScore& a, const CalibrationScore& b) { return a.accuracy != b.accuracy ? a.accuracy > b.accuracy : a.kl < b.kl; }

}  // namespace

void progressive_search(RangeSearch& search, const std::vector<TiedValues>& activations, const Quantization& minmax, bool is_quiet) {
  const std::vector<TiedValues> order = search_order(search.graph(), activations, minmax);
  Progress progress("searching ranges, tensor", order.size(), is_quiet);
  std::uint64_t done = 0;
  for (const TiedValues& values : order) {
    const std::string& name = search.graph().value(values.front()).name;
    const QFormat nearest = minmax.formats.at(values.front());
    std::optional<CalibrationScore> best;
    Quantization best_wish;
    const auto consider = [&](int bits) {
      Quantization wish = search.wish();
      set_format(wish, values, {nearest.total_bits, nearest.frac_bits + bits});
      const CalibrationScore score = search.evaluate(wish);
      if (best && !is_better(score, *best)) return;
      best = score;
      best_wish = std::move(wish);
    };
    consider(0);  // first, so that it wins ties; then by distance
    for (int distance = 1; distance <= kNarrowerBits && !search.is_out_of_time(); ++distance) {
      consider(distance);
      if (distance <= kWiderBits) consider(-distance);
    }
    search.keep(best_wish, *best, name);
    progress.update(++done, fmt::format("{}: accuracy {:.2f} %", name, 100 * search.score().accuracy));
  }
}

}  // namespace qmn
