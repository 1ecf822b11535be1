// SPDX-License-Identifier: Apache-2.0
// program/tensor_bytes.h   Tensors outside an arena: bytes as they lie in memory, int16 little-endian, as on the devices and on the host.
#pragma once

#include "qformat/qformat.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

using TensorBytes = std::vector<std::int8_t>;  ///< as it lies in the memory of the device

/// Raw values → bytes. Pre: 8 or 16 bits, within the format's range.
TensorBytes tensor_bytes(std::span<const std::int32_t> raw, QFormat format);
/// Bytes → raw values. Pre: whole values.
std::vector<std::int32_t> raw_values(std::span<const std::int8_t> bytes, QFormat format);

}  // namespace qmn
