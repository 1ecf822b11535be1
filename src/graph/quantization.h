// SPDX-License-Identifier: Apache-2.0
// graph/quantization.h   Which values of a graph are fixed-point, and in which format. A value without a format stays float.
#pragma once

#include "graph/graph.h"
#include "metadata/metadata.h"
#include "qformat/qformat.h"

#include <map>
#include <optional>

namespace qmn {

struct Quantization {
  std::map<ValueId, QFormat> formats;  ///< activations (after their fused activation), weights, biases
  std::optional<QFormat> format_of(ValueId id) const {
    const auto found = formats.find(id);
    return found == formats.end() ? std::nullopt : std::optional(found->second);
  }
};

/// A model file in memory.
struct Model {
  Graph graph;
  Metadata metadata;
  std::optional<Quantization> quantization;
};

}  // namespace qmn
