// SPDX-License-Identifier: Apache-2.0
#include "formats/names.h"

#include "base/error.h"

#include <algorithm>

namespace qmn {

void check_name(const std::string& name, const char* what) {
  constexpr std::size_t kMaxNameBytes = 200;
  if (name.size() > kMaxNameBytes) fail_data("the name of {} has {} bytes (at most {})", what, name.size(), kMaxNameBytes);
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    fail_data("the name of {} holds a control character", what);
}

}  // namespace qmn
