// SPDX-License-Identifier: Apache-2.0
// emit/embedded_files.h   The sources of runtime/ and boards/ as they stood when qmn was built.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace qmn {

/// path in the source tree ("runtime/qmn_kernels.h", "boards/host/board.c") → content
const std::map<std::string, std::string_view>& embedded_files();

}  // namespace qmn
