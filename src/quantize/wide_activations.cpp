// SPDX-License-Identifier: Apache-2.0
#include "quantize/wide_activations.h"

#include "base/error.h"

#include <algorithm>

namespace qmn {

QFormat wide_format(const ObservedRange& range) {
  QFormat format = format_for(range.max_abs(), 16);
  --format.frac_bits;
  return format;
}

std::vector<TiedValues> named_activations(const Graph& graph, const std::vector<std::string>& names) {
  const std::vector<TiedValues> groups = activation_groups(graph);
  std::vector<TiedValues> named;
  for (const std::string& name : names) {
    const auto group = std::ranges::find_if(groups, [&](const TiedValues& values) { return graph.value(values.front()).name == name; });
    if (group == groups.end()) {
      std::string known;
      for (const TiedValues& values : groups) known += (known.empty() ? "" : ", ") + graph.value(values.front()).name;
      fail_usage("--int16 {}: this net has no such activation; it has {}", name, known);
    }
    named.push_back(*group);
  }
  return named;
}

}  // namespace qmn
