// SPDX-License-Identifier: Apache-2.0
// data/part_file.h   What a download has brought so far: FILE.part, locked while it is open, and what FILE.part.json says of its version.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace qmn {

class PartFile {
 public:
  /// Opens or makes it. Error (data): another process has it open.
  explicit PartFile(std::filesystem::path final_path);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::uint64_t size_bytes() const { return size_bytes_; }
  const std::filesystem::path& path() const { return path_; }
  /// ETag or Last-Modified of the version that the bytes are of, and where it came from; empty when unknown.
  const std::string& validator() const { return validator_; }
  const std::string& url() const { return url_; }

  void append(std::string_view bytes);  ///< Error (data): the disk is full
  void restart();                       ///< no bytes, no version
  void remember(const std::string& url, const std::string& validator);
  void commit();                        ///< under the final name
  void discard();                       ///< gone

 private:
  std::filesystem::path note_path() const;
  std::filesystem::path final_, path_;
  std::string url_, validator_;
  std::uint64_t size_bytes_ = 0;
  int fd_ = -1;
};

}  // namespace qmn
