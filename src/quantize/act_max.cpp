// SPDX-License-Identifier: Apache-2.0
// quantize/act_max.cpp   The order of --act_max: the input, then what each node writes, in order of execution, those in bodies too; values
// that share a format (layers.h) count once. Of feed-forward nets these are the layers with weights and the pools, as in the original scripts.
// The original scripts quantize before the ReLU; as a power-of-two range is symmetric, after it is the same.
#include "base/error.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"

#include <algorithm>

namespace qmn {

std::vector<ValueId> act_max_order(const Graph& prepared) {
  std::vector<ValueId> order;
  for (const TiedValues& values : activation_groups(prepared)) order.push_back(values.front());
  return order;
}

std::map<ValueId, QFormat> act_max_formats(const Graph& prepared, const std::vector<double>& act_max) {
  const std::vector<ValueId> order = act_max_order(prepared);
  if (act_max.size() != order.size()) {
    std::string names;
    for (const ValueId value : order) names += (names.empty() ? "" : ", ") + prepared.value(value).name;
    fail_usage("--act_max: {} values, but this net has {} activations: {}; give a power of two for each, or 0 for float", act_max.size(), order.size(), names);
  }
  const std::vector<TiedValues> groups = activation_groups(prepared);
  std::map<ValueId, QFormat> formats;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (act_max[i] == 0) continue;
    const QFormat format = format_for_act_max(act_max[i]);
    const auto group = std::ranges::find_if(groups, [&](const TiedValues& values) { return values.front() == order[i]; });
    for (const ValueId value : *group) formats[value] = format;
  }
  return formats;
}

}  // namespace qmn
