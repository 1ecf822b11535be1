// SPDX-License-Identifier: Apache-2.0
// report/node_text.h   A node in a few words, for tables.
#pragma once

#include "graph/graph.h"

#include <string>

namespace qmn {

/// "depthwise 3x3 /2x1 ReLU": the operator, its kernel, its stride where it is not 1, its fused activation.
std::string node_text(const Graph& graph, const Node& node);

}  // namespace qmn
