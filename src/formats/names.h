// SPDX-License-Identifier: Apache-2.0
// formats/names.h   Names of a file go into messages, tables and sources: before any is used, it is looked at.
#pragma once

#include <string>

namespace qmn {

/// Error (data): more than 200 bytes, or a control character. `what` is called so: "a node".
void check_name(const std::string& name, const char* what);

}  // namespace qmn
