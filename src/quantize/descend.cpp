// SPDX-License-Identifier: Apache-2.0
// quantize/descend.cpp   Coordinate descent from several starts, then joint moves.
//
//   sweep   each tensor in order of execution tries one fractional bit more, else one less, and goes on in that direction while the cost
//           falls; sweeps end when a whole round of tensors changed nothing
//   starts  the formats of the rules (range_choice.h): a descent from each of the cheapest few, and the cheapest end is kept
//   joint   where no single tensor can move without loss, several can: input, weight, bias and output of a layer in pairs, both one bit up
//           or one up and one down (what one loses in resolution, the other wins); an activation and one of the next two; one tensor by two bits
//           at once, over a hump; all activations together. After a joint move that was kept, sweeps follow.
#include "quantize/search.h"

#include "base/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace qmn {
namespace {

constexpr int kJointRounds = 3;

class Descent {
 public:
  Descent(RangeSearch& search, const std::vector<TiedValues>& activations, std::vector<TiedValues> order, const DescendSettings& settings)
      : search_(search),
        activations_(activations),
        order_(std::move(order)),
        max_sweeps_(settings.max_sweeps),
        progress_("searching ranges, tensor", order_.size() * static_cast<std::size_t>(max_sweeps_) * settings.descents, settings.is_quiet) {}

  void sweep() {
    std::size_t unchanged_in_a_row = 0;
    for (int sweep = 0; sweep < max_sweeps_; ++sweep) {
      for (const TiedValues& values : order_) {
        if (search_.is_out_of_time()) return;
        const bool has_moved = walk(values, +1) || walk(values, -1);
        unchanged_in_a_row = has_moved ? 0 : unchanged_in_a_row + 1;
        say(values);
        if (unchanged_in_a_row == order_.size()) return;
      }
    }
  }

  void move_jointly() {
    for (int round = 0; round < kJointRounds; ++round) {
      bool has_moved = false;
      for (const std::vector<Part>& move : joint_moves()) {
        if (search_.is_out_of_time()) return;
        has_moved |= keep_if_better(move);
      }
      if (!has_moved) return;
      sweep();
    }
  }

 private:
  struct Part {
    TiedValues values;
    int bits;
  };

  std::string name_of(const TiedValues& values) const { return search_.graph().value(values.front()).name; }
  void say(const TiedValues& values) { progress_.update(++done_, fmt::format("{}: KL {:.5f}", name_of(values), search_.score().kl)); }

  bool walk(const TiedValues& values, int direction) {
    bool has_moved = false;
    while (keep_if_better({{values, direction}})) has_moved = true;
    return has_moved;
  }

  bool keep_if_better(const std::vector<Part>& parts) {
    Quantization wish = search_.wish();
    std::string what;
    for (const Part& part : parts) {
      const std::optional<Quantization> one = moved(search_, part.values, part.bits);
      if (!one) return false;
      for (const ValueId value : part.values) wish.formats[value] = one->formats.at(value);
      what += fmt::format("{}{} {:+}", what.empty() ? "" : ", ", name_of(part.values), part.bits);
    }
    return search_.keep_if_better(wish, what);
  }

  std::vector<std::vector<Part>> joint_moves() const {
    std::vector<std::vector<Part>> moves;
    const auto add_pair = [&](const TiedValues& a, const TiedValues& b) {
      for (const auto& [first, second] : {std::pair{1, -1}, {-1, 1}, {1, 1}, {-1, -1}}) moves.push_back({{a, first}, {b, second}});
    };
    for (const WeightedLayer& layer : weighted_layers(search_.graph())) {
      std::vector<TiedValues> of_layer;
      for (const ValueId value : {layer.input, layer.weight, layer.bias, layer.output}) {
        const auto found = std::find_if(order_.begin(), order_.end(), [&](const TiedValues& values) { return std::ranges::count(values, value) > 0; });
        if (value != kNoValue && found != order_.end()) of_layer.push_back(*found);
      }
      for (std::size_t i = 0; i < of_layer.size(); ++i) {
        for (std::size_t k = i + 1; k < of_layer.size(); ++k) add_pair(of_layer[i], of_layer[k]);
      }
    }
    for (std::size_t i = 0; i < activations_.size(); ++i) {
      for (std::size_t k = i + 1; k <= i + 2 && k < activations_.size(); ++k) add_pair(activations_[i], activations_[k]);
    }
    for (const TiedValues& values : order_) {
      for (const int bits : {2, -2}) moves.push_back({{values, bits}});
    }
    for (const int bits : {1, -1}) {
      std::vector<Part> all;
      for (const TiedValues& values : activations_) all.push_back({values, bits});
      if (!all.empty()) moves.push_back(std::move(all));
    }
    return moves;
  }

  RangeSearch& search_;
  const std::vector<TiedValues>& activations_;
  std::vector<TiedValues> order_;
  int max_sweeps_;
  Progress progress_;
  std::uint64_t done_ = 0;
};

}  // namespace

std::vector<Quantization> descent_starts(const CalibratedNet& net) {
  return {net.formats(RangeRule::mse), net.formats(RangeRule::kl), net.formats(RangeRule::percentile)};
}

void descend_search(RangeSearch& search, const std::vector<TiedValues>& activations, const std::vector<Quantization>& starts, const DescendSettings& settings) {
  struct Point {
    Quantization wish;
    CalibrationScore score;
  };
  const auto is_cheaper = [&](const Point& a, const Point& b) { return search.cost_of_score(a.score) < search.cost_of_score(b.score); };
  std::vector<Point> points{{search.wish(), search.score()}};
  for (const Quantization& start : starts) {
    if (std::ranges::none_of(points, [&](const Point& point) { return point.wish.formats == start.formats; })) points.push_back({start, search.evaluate(start)});
  }
  std::ranges::stable_sort(points, is_cheaper);
  points.resize(std::min(points.size(), settings.descents));

  Descent descent(search, activations, search_order(search.graph(), activations, search.shipped()), settings);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (search.is_out_of_time() && i > 0) break;
    search.keep(points[i].wish, points[i].score, fmt::format("start {}", i + 1));
    descent.sweep();
    points[i] = {search.wish(), search.score()};
  }
  const Point best = *std::ranges::min_element(points, is_cheaper);
  search.keep(best.wish, best.score, "best of the descents");
  if (settings.moves_jointly) descent.move_jointly();
}

void refine_search(RangeSearch& search, const std::vector<TiedValues>& activations, const DescendSettings& settings) {
  Descent descent(search, activations, activations, settings);
  descent.sweep();
  if (settings.moves_jointly) descent.move_jointly();
}

}  // namespace qmn
