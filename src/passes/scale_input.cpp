// SPDX-License-Identifier: Apache-2.0
// passes/scale_input.cpp     before: input → … → Gemm     after: input' → … → Gemm'
//   x'[…, c] = x[…, c] · 2^-s[c]     w'[r][…, c] = w[r][…, c] · 2^s[c]
// with nothing in between but Flatten, the steps of a Scan, and a Concat of rows with others, such as the [x, h] of a recurrent cell: there
// the columns of x alone are scaled, so that x and a state within ±1 get by on one format.
// The front end multiplies by the powers of two already (FrontEndSettings::coefficient_shifts), so that it costs nothing at run time.
#include "passes/scale_input.h"

#include "base/check.h"
#include "passes/uses.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

/// The columns of a layer's weights that meet the input.
struct Columns {
  ValueId weight = kNoValue;
  std::size_t first = 0, count = 0;
};

/// Follows the input to the layers that read it, through nodes that only hand its numbers on.
class InputColumns {
 public:
  explicit InputColumns(const Graph& graph) : graph_(graph) {
    is_complete_ = follow(graph.nodes, {graph.input, 0, count_of(graph.input)}) && !columns_.empty();
  }
  /// Whether each number of the input meets weights of its own, and nothing else.
  bool is_complete() const { return is_complete_; }
  const std::vector<Columns>& columns() const { return columns_; }

 private:
  /// The input, one step of it, or a row that holds `count` of its numbers from column `first` on.
  struct Place {
    ValueId value = kNoValue;
    std::size_t first = 0, count = 0;
  };

  bool follow(const std::vector<Node>& nodes, const Place& place) {
    int uses = 0;
    for (const Node& node : nodes) {
      const std::vector<ValueId> inputs = activation_inputs(node);
      const auto reads = std::ranges::count(inputs, place.value);
      if (reads == 0) continue;
      if (reads > 1 || !follow_through(nodes, node, place)) return false;
      ++uses;
    }
    return uses == use_count(graph_, place.value);
  }

  bool follow_through(const std::vector<Node>& nodes, const Node& node, const Place& place) {
    if (const auto* dense = std::get_if<FullyConnected>(&node)) {
      columns_.push_back({dense->weight, place.first, place.count});
      return use_count(graph_, dense->weight) == 1;
    }
    if (const auto* flatten = std::get_if<Flatten>(&node)) return follow(nodes, {flatten->output, place.first, place.count});
    if (const auto* concat = std::get_if<Concat>(&node)) {
      const bool joins_rows = graph_.shape(place.value).size() == 2;
      return joins_rows && follow(nodes, {concat->output, place.first + columns_before(*concat, place.value), place.count});
    }
    if (const auto* scan = std::get_if<Scan>(&node)) return follow_steps(*scan, place.value);
    return false;
  }

  /// A step keeps the coefficients when it is none of them that is stepped along.
  bool follow_steps(const Scan& scan, ValueId value) {
    const auto input = std::ranges::find(scan.inputs, value, &Scan::Input::outer);
    if (input->axis == std::ssize(graph_.shape(value)) - 1) return false;
    return follow(scan.body, {input->body_in, 0, count_of(input->body_in)});
  }

  std::size_t columns_before(const Concat& concat, ValueId value) const {
    std::size_t columns = 0;
    for (const ValueId input : concat.inputs) {
      if (input == value) break;
      columns += count_of(input);
    }
    return columns;
  }

  std::size_t count_of(ValueId value) const { return static_cast<std::size_t>(element_count(graph_.shape(value))); }

  const Graph& graph_;
  std::vector<Columns> columns_;
  bool is_complete_ = false;
};

}  // namespace

bool can_scale_input(const Graph& graph) { return InputColumns(graph).is_complete(); }

void scale_input(Graph& graph, const std::vector<int>& shifts) {
  const InputColumns found(graph);
  QMN_CHECK(found.is_complete() && static_cast<std::int64_t>(shifts.size()) == graph.shape(graph.input).back(), "a shift for each coefficient of an input that can be scaled");
  for (const Columns& columns : found.columns()) {
    Tensor& weight = graph.initializer(columns.weight);
    const auto row_size = static_cast<std::size_t>(weight.shape.back());
    for (std::size_t row = 0; row < weight.data.size(); row += row_size) {
      for (std::size_t i = 0; i < columns.count; ++i) {  // whole frames
        float& number = weight.data[row + columns.first + i];
        number = std::ldexp(number, shifts[i % shifts.size()]);
      }
    }
  }
}

}  // namespace qmn
