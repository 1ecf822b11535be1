// SPDX-License-Identifier: Apache-2.0
// quantize/channel_formats.h   Weights with a power of two for each output channel.
#pragma once

#include "graph/quantization.h"

namespace qmn {

/// Of each 8-bit weight, per output channel: the format of the classic rule, but at least that of the whole tensor. Biases become 32-bit ones at each
/// channel's accumulator scale (legalize). Corrections, which belong to other formats, are dropped.
Quantization channel_formats(const Graph& graph, Quantization quantization);

}  // namespace qmn
