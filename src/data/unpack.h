// SPDX-License-Identifier: Apache-2.0
// data/unpack.h   An archive of foreign origin (tar, zip, compressed or not) into a folder, and nowhere else.
#pragma once

#include <cstdint>
#include <filesystem>

namespace qmn {

struct Unpacked {
  std::int64_t file_count = 0;
  std::uint64_t size_bytes = 0;
};

/// Writes the files, folders and links of `archive` below `folder`, which must exist and be empty. Owners, times and modes of the archive mean nothing.
/// Error (data), naming archive and entry: no archive, or one that is damaged; an absolute path, one with ".."; a link that leads out of the folder; an entry
/// below a link; two entries of one name; a device or another special file; more than `max_bytes`; the disk is full. What was written until then is for the caller to remove.
Unpacked unpack(const std::filesystem::path& archive, const std::filesystem::path& folder, bool is_quiet, std::uint64_t max_bytes = std::uint64_t{1} << 40);

}  // namespace qmn
