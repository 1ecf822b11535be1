// SPDX-License-Identifier: Apache-2.0
// base/output_lock.h   One writer at a time for a file or folder, and nothing left of writers that were killed.
#pragma once

#include <filesystem>

namespace qmn {

/// Held while an output is made: a lock on ".NAME.lock" beside it, which ends with the process however that ends. The first thing its holder does is
/// to sweep away the ".NAME.PID.partial" files and folders of writers that were killed. Error (data): another process holds it.
/// Where no lock can be had at all (no such folder, no permission, a file system without locks) nothing is held: the write itself says why.
class OutputLock {
 public:
  explicit OutputLock(const std::filesystem::path& output);
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

/// ".NAME.PID.partial" beside `output`: what it is called while it is made.
std::filesystem::path partial_beside(const std::filesystem::path& output);

}  // namespace qmn
