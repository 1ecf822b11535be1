// SPDX-License-Identifier: Apache-2.0
// base/file.h   Whole files in and out. A file under its final name is always complete: writes go to a temporary beside it,
// are synced, and are then renamed.
#pragma once

#include "base/output_lock.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace qmn {

/// The bytes of a file. Error (data) when it is missing, is no regular file, cannot be read, or exceeds `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 31);

/// Replaces `path` atomically. Error (data) naming the path and the reason (disk full, no permission, no such folder); then nothing
/// is left behind and an older file of that name is untouched.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

/// A folder that appears under its final name only when it is complete: fill `path()`, then commit(). Without commit() (an exception on
/// the way) the temporary is removed. An existing folder of that name is replaced only if it is empty or holds `marker`, a file
/// that says that qmn made it; else Error (data). An OutputLock is held from beginning to end.
class AtomicFolder {
 public:
  AtomicFolder(std::filesystem::path final_path, std::string marker);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;
  const std::filesystem::path& path() const { return temporary_; }
  void commit();

 private:
  std::filesystem::path final_;
  std::filesystem::path temporary_;
  std::string marker_;
  std::optional<OutputLock> lock_;
  bool is_committed_ = false;
};

}  // namespace qmn
