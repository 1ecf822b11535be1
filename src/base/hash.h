// SPDX-License-Identifier: Apache-2.0
// base/hash.h   SHA-1 (the split rule of Speech Commands asks for it) and SHA-256 (cache keys, checksums). OpenSSL does the work.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace qmn {

std::string sha1_hex(std::string_view bytes);    ///< 40 lower-case hex digits
std::string sha256_hex(std::string_view bytes);  ///< 64 lower-case hex digits

/// Of a file of any size. Error (data) when it cannot be read.
std::string sha256_file_hex(const std::filesystem::path& path);

}  // namespace qmn
