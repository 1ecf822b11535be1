// SPDX-License-Identifier: Apache-2.0
// graph/shape_rules.h   The shape of a node's output from the shapes of what it reads: ONNX operator semantics. Shared by infer_shapes,
// which stores the result, and verify, which compares it.
#pragma once

#include "graph/graph.h"

#include <functional>

namespace qmn {

/// No tensor of a graph has more elements, no attribute is larger: a net for a microcontroller is far below, and no product can overflow.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 24;

/// Of a node other than Scan. Error (data) names the node, the shapes and the rule that they break. Pre: the ids are in range
/// (check_structure).
Shape output_shape(const Graph& graph, const Node& node);

/// Calls settle(node, value, shape) for each value that the node defines, in an order in which later shapes follow from those settled
/// before: of a Scan what it hands to its body, the body's nodes, then its outputs. Errors as output_shape.
using SettleShape = std::function<void(const Node& node, ValueId id, const Shape& shape)>;
void settle_shapes(const Graph& graph, const Node& node, const SettleShape& settle);
/// The first part of that: what a Scan hands to its body. The steps come back.
std::int64_t settle_body_inputs(const Graph& graph, const Scan& scan, const SettleShape& settle);

/// Error (data) unless 1 to 6 extents, each positive, with at most kMaxElements elements together. `what` opens the message.
void check_shape(const Shape& shape, const std::string& what);

/// Ids in range, every value defined before its use and exactly once, parameters are initializers and nothing else is. Error (data).
void check_structure(const Graph& graph);

}  // namespace qmn
