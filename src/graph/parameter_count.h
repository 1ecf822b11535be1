// SPDX-License-Identifier: Apache-2.0
// graph/parameter_count.h   How many numbers a net holds.
#pragma once

#include "graph/graph.h"

namespace qmn {

/// Numbers in all parameters: every initializer but the initial states of Scans.
std::int64_t parameter_count(const Graph& graph);

}  // namespace qmn
