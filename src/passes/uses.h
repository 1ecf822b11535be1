// SPDX-License-Identifier: Apache-2.0
// passes/uses.h   Who reads and who writes a value.
#pragma once

#include "graph/graph.h"

namespace qmn {

/// How many nodes read `id`, as activation or parameter, plus one when it is the graph's output.
int use_count(const Graph& graph, ValueId id);

/// Index of the node that writes `id`; nothing for the graph's input and for initializers.
std::optional<std::size_t> producer_of(const Graph& graph, ValueId id);

/// Every reader of `from`, the graph's output included, reads `to` instead.
void redirect_uses(Graph& graph, ValueId from, ValueId to);

}  // namespace qmn
