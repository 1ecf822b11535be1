// SPDX-License-Identifier: Apache-2.0
// passes/uses.h   Who reads and who writes a value.
#pragma once

#include "graph/graph.h"

#include <functional>

namespace qmn {

/// How many nodes read `id`, as activation or parameter, plus one when it is the graph's output, plus one for each state or output of a
/// Scan that it is in the Scan's body.
int use_count(const Graph& graph, ValueId id);

/// Index of the node that writes `id`; nothing when none of them does.
std::optional<std::size_t> producer_of(const std::vector<Node>& nodes, ValueId id);

/// Every reader of `from`, the graph's output and the results of a body included, reads `to` instead. Pre: no node writes `from`.
void redirect_uses(Graph& graph, ValueId from, ValueId to);

/// Calls visit with each list of nodes that run in a row: the bodies of Scans, then the graph's own. A pass works on one list at a time.
void for_each_list(Graph& graph, const std::function<void(std::vector<Node>&)>& visit);

}  // namespace qmn
