// SPDX-License-Identifier: Apache-2.0
// formats/protobuf_limits.h   An empty message takes two bytes in a file and some hundred in memory: parts are counted before any is built.
#pragma once

#include <string>

namespace qmn {

/// The type of the message that a field of `message` holds, or kLeaf when it is not looked into. The file itself is message 0.
using MessageOfField = int (*)(int message, int field);
inline constexpr int kLeaf = -1;

/// Walks the bytes without building anything. False when they are no such message, or hold so many or so deeply nested parts that their
/// objects would take many times the memory of the file.
bool is_modest_protobuf(const std::string& bytes, MessageOfField message_of_field);

}  // namespace qmn
