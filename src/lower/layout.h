// SPDX-License-Identifier: Apache-2.0
// lower/layout.h   Orders of weights: what ONNX stores (NCHW) → what the kernels read (NHWC).
#pragma once

#include "lower/value_order.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

/// [out][in][ky][kx] → [out][ky][kx][in]
std::vector<std::int8_t> conv_weights(std::span<const std::int8_t> weights, std::int64_t out, std::int64_t in, std::int64_t taps);

/// [channel][1][ky][kx] → [ky][kx][channel]
std::vector<std::int8_t> depthwise_weights(std::span<const std::int8_t> weights, std::int64_t channels, std::int64_t taps);

/// [out][in]: the columns of a fully connected layer in the order in which its input lies in memory.
std::vector<std::int8_t> fully_connected_weights(std::span<const std::int8_t> weights, const ValueOrder& order);

}  // namespace qmn
