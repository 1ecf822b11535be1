// SPDX-License-Identifier: Apache-2.0
// base/text.h   Text from files and command lines, made safe to print.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace qmn {

/// Control characters (below 0x20, and 0x7f) become "\x0a": what comes from outside neither breaks a line nor moves a terminal's cursor.
std::string printable(std::string_view text);

/// Letters to insert, delete, replace or swap with their neighbor to make one word of the other (optimal string alignment), bytes taken as letters.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that `word` most likely means: of the fewest edits, the first of equals; empty when there is no candidate.
std::string nearest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace qmn
