// SPDX-License-Identifier: Apache-2.0
// lower/layout.h   Orders of weights: what ONNX stores (NCHW) → what the kernels read (NHWC).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

/// [out][in][ky][kx] → [out][ky][kx][in]
std::vector<std::int8_t> conv_weights(std::span<const std::int8_t> weights, std::int64_t out, std::int64_t in, std::int64_t taps);

/// [channel][1][ky][kx] → [ky][kx][channel]
std::vector<std::int8_t> depthwise_weights(std::span<const std::int8_t> weights, std::int64_t channels, std::int64_t taps);

/// [out][c][y][x] → [out][y][x][c]: the columns of a fully connected layer behind a Flatten of channels × pixels.
std::vector<std::int8_t> fully_connected_weights(std::span<const std::int8_t> weights, std::int64_t out, std::int64_t channels,
                                                 std::int64_t pixels);

}  // namespace qmn
