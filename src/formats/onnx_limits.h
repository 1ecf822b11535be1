// SPDX-License-Identifier: Apache-2.0
// formats/onnx_limits.h   How large a model file may be, checked before anything is allocated for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace qmn {

inline constexpr std::uint64_t kMaxModelBytes = std::uint64_t{1} << 26;  ///< far above any net for a microcontroller
inline constexpr int kMaxNodes = 10000;
inline constexpr std::size_t kMaxMetadataBytes = std::size_t{1} << 22;

/// Walks the bytes as an ONNX ModelProto without building anything. False when they are none, or hold so many or so deeply nested parts
/// that their objects would take many times the memory of the file.
bool is_modest_onnx(const std::string& bytes);

}  // namespace qmn
