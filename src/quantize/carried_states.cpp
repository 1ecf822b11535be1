// SPDX-License-Identifier: Apache-2.0
#include "quantize/carried_states.h"

#include "passes/uses.h"

#include <algorithm>

namespace qmn {
namespace {

bool is_sum_or_product(const Node& node) { return std::holds_alternative<Add>(node) || std::holds_alternative<Sub>(node) || std::holds_alternative<Mul>(node); }

/// `id` and the sums and products in front of it, as far as they lead back without another operator.
void collect_terms(const Scan& scan, ValueId id, std::vector<ValueId>& terms) {
  const std::optional<std::size_t> producer = producer_of(scan.body, id);
  if (!producer || !is_sum_or_product(scan.body[*producer]) || std::ranges::count(terms, id) > 0) return;
  terms.push_back(id);
  for (const ValueId input : activation_inputs(scan.body[*producer])) collect_terms(scan, input, terms);
}

const TiedValues& group_of(const std::vector<TiedValues>& groups, ValueId id) {
  return *std::ranges::find_if(groups, [id](const TiedValues& values) { return std::ranges::count(values, id) > 0; });
}

}  // namespace

std::vector<CarriedState> carried_states(const Graph& prepared) {
  const std::vector<TiedValues> groups = activation_groups(prepared);
  std::vector<CarriedState> all;
  for (const Node& node : prepared.nodes) {
    const auto* scan = std::get_if<Scan>(&node);
    if (scan == nullptr) continue;
    for (const Scan::State& state : scan->states) {
      std::vector<ValueId> terms;
      collect_terms(*scan, state.body_out, terms);
      CarriedState carried{.name = prepared.value(state.body_in).name, .values = {group_of(groups, state.body_out)}};
      for (const ValueId id : terms) {
        const TiedValues& values = group_of(groups, id);
        if (std::ranges::count(carried.values, values) == 0) carried.values.push_back(values);
      }
      all.push_back(std::move(carried));
    }
  }
  return all;
}

}  // namespace qmn
