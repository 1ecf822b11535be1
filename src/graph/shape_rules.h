// SPDX-License-Identifier: Apache-2.0
// graph/shape_rules.h   The shape of a node's output from the shapes of what it reads: ONNX operator semantics. Shared by infer_shapes,
// which stores the result, and verify, which compares it.
#pragma once

#include "graph/graph.h"

namespace qmn {

/// No tensor of a graph has more elements, no attribute is larger: a net for a microcontroller is far below, and no product can overflow.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 24;

/// Error (data) names the node, the shapes and the rule that they break. Pre: the ids are in range (check_structure).
Shape output_shape(const Graph& graph, const Node& node);

/// Error (data) unless 1 to 6 extents, each positive, with at most kMaxElements elements together. `what` opens the message.
void check_shape(const Shape& shape, const std::string& what);

/// Ids in range, every value defined before its use and exactly once, parameters are initializers and nothing else is. Error (data).
void check_structure(const Graph& graph);

}  // namespace qmn
