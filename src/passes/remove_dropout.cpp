// SPDX-License-Identifier: Apache-2.0
// passes/remove_dropout.cpp     before: x → dropout → y     after: x
// Fires always: outside training a dropout is the identity. Readers of y read x; y's name goes.
#include "passes/passes.h"
#include "passes/uses.h"

namespace qmn {

void remove_dropout(Graph& graph) {
  for_each_list(graph, [&](std::vector<Node>& nodes) {
    for (std::size_t i = 0; i < nodes.size();) {
      const auto* found = std::get_if<Dropout>(&nodes[i]);
      if (found == nullptr) {
        ++i;
        continue;
      }
      const Dropout dropout = *found;
      nodes.erase(nodes.begin() + static_cast<std::ptrdiff_t>(i));
      redirect_uses(graph, dropout.output, dropout.input);
    }
  });
}

}  // namespace qmn
