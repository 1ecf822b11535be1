// SPDX-License-Identifier: Apache-2.0
// data/zip.h   The members of a ZIP archive, stored or deflated: what np.savez writes. Untrusted bytes.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qmn {

/// In the order of the archive. Error (data), naming `name`: no archive, a member that is encrypted, larger than 2 GB together, or damaged.
std::vector<std::pair<std::string, std::string>> unzip(std::string_view bytes, const std::string& name);

}  // namespace qmn
