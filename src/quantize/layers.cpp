// SPDX-License-Identifier: Apache-2.0
#include "quantize/layers.h"

#include "base/check.h"

#include <algorithm>

namespace qmn {

std::optional<WeightedLayer> weighted_layer(const Node& node) {
  if (const auto* conv = std::get_if<Conv2d>(&node)) return WeightedLayer{conv->name, conv->input, conv->weight, conv->bias, conv->output};
  if (const auto* dense = std::get_if<FullyConnected>(&node)) return WeightedLayer{dense->name, dense->input, dense->weight, dense->bias, dense->output};
  return std::nullopt;
}

std::vector<WeightedLayer> weighted_layers(const Graph& prepared) {
  std::vector<WeightedLayer> layers;
  for_each_node(prepared.nodes, [&](const Node& node) {
    if (auto layer = weighted_layer(node)) layers.push_back(std::move(*layer));
  });
  return layers;
}

namespace {

class Groups {
 public:
  void add(ValueId value) { groups_.push_back({value}); }
  /// `value` joins the group of `leader`; it leaves its own, if it has one, with all that is tied to it.
  void tie(ValueId value, ValueId leader) {
    TiedValues joining{value};
    if (const auto own = find(value); own != groups_.end()) {
      if (std::ranges::count(*own, leader) > 0) return;
      joining = std::move(*own);
      groups_.erase(own);
    }
    const auto group = find(leader);
    QMN_CHECK(group != groups_.end(), "a value is written before it is read");
    group->insert(group->end(), joining.begin(), joining.end());
  }
  void add_nodes(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
      if (std::holds_alternative<Softmax>(node)) continue;
      if (const auto* flatten = std::get_if<Flatten>(&node)) tie(flatten->output, flatten->input);
      else if (const auto* scan = std::get_if<Scan>(&node)) add_scan(*scan);
      else add(output_of(node));
    }
  }
  std::vector<TiedValues> take() { return std::move(groups_); }

 private:
  std::vector<TiedValues>::iterator find(ValueId value) {
    return std::ranges::find_if(groups_, [&](const TiedValues& values) { return std::ranges::count(values, value) > 0; });
  }
  void add_scan(const Scan& scan) {
    for (const Scan::Input& input : scan.inputs) tie(input.body_in, input.outer);
    for (const Scan::State& state : scan.states) add(state.body_in);
    add_nodes(scan.body);
    for (const Scan::State& state : scan.states) {
      tie(state.body_in, state.body_out);
      if (state.final_out != kNoValue) tie(state.final_out, state.body_out);
    }
    for (const Scan::Output& output : scan.outputs) tie(output.outer, output.body_out);
  }

  std::vector<TiedValues> groups_;
};

}  // namespace

std::vector<TiedValues> activation_groups(const Graph& prepared) {
  Groups groups;
  groups.add(prepared.input);
  groups.add_nodes(prepared.nodes);
  return groups.take();
}

}  // namespace qmn
