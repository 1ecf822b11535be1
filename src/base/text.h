// SPDX-License-Identifier: Apache-2.0
// base/text.h   Text from files and command lines, made safe to print.
#pragma once

#include <string>
#include <string_view>

namespace qmn {

/// Control characters (below 0x20, and 0x7f) become "\x0a": what comes from outside neither breaks a line nor moves a terminal's cursor.
std::string printable(std::string_view text);

}  // namespace qmn
