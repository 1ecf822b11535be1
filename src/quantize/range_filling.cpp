// SPDX-License-Identifier: Apache-2.0
#include "quantize/range_filling.h"

#include "base/progress.h"
#include "passes/equalize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr int kStepsPerOctave = 4;
constexpr int kMostSteps = 3;  // a whole octave is a format
constexpr int kSweeps = 2;

/// Quarters of an octave by which each value is divided.
using Steps = std::map<ValueId, int>;

std::map<ValueId, double> divisors_of(const Steps& steps) {
  std::map<ValueId, double> divisors;
  for (const auto& [value, step] : steps) {
    if (step != 0) divisors[value] = std::exp2(static_cast<double>(step) / kStepsPerOctave);
  }
  return divisors;
}

/// The parameters of the scaled net in place of those of `graph`: what is added to each before it is rounded.
Quantization scaled(const Graph& graph, Quantization wish, const Steps& steps) {
  Graph other = graph;
  scale_values(other, divisors_of(steps));
  wish.corrections.clear();
  for (const auto& [id, tensor] : graph.initializers) {
    const std::vector<float>& target = other.initializer(id).data;
    if (target == tensor.data) continue;
    std::vector<float>& correction = wish.corrections[id];
    for (std::size_t i = 0; i < target.size(); ++i) correction.push_back(target[i] - tensor.data[i]);
  }
  return wish;
}

}  // namespace

std::map<ValueId, double> fill_ranges(RangeSearch& search, bool is_quiet) {
  const std::vector<ValueId> values = scalable_values(search.graph());
  Progress progress("filling ranges, tensor", values.size() * kSweeps, is_quiet);
  std::uint64_t done = 0;
  Steps best;
  const auto improves = [&](ValueId value, int direction) {
    Steps steps = best;
    steps[value] += direction;
    if (std::abs(steps[value]) > kMostSteps) return false;
    if (!search.keep_if_better(scaled(search.graph(), search.wish(), steps), fmt::format("{} / 2^({}/{})", search.graph().value(value).name, steps[value], kStepsPerOctave))) return false;
    best = std::move(steps);
    return true;
  };
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (const ValueId value : values) {
      if (search.is_out_of_time()) return divisors_of(best);
      for (const int direction : {1, -1}) {
        bool has_moved = false;
        while (improves(value, direction)) has_moved = true;
        if (has_moved) break;
      }
      progress.update(++done, fmt::format("{}: KL {:.5f}", search.graph().value(value).name, search.score().kl));
    }
  }
  return divisors_of(best);
}

}  // namespace qmn
