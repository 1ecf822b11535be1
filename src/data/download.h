// SPDX-License-Identifier: Apache-2.0
// data/download.h   A large file over HTTP that arrives whole or not at all, however often the line breaks.
//
// Bytes go to FILE.part, which takes its final name once size and checksum are right. What is there is asked for no second time (RFC 9110, 14: Range), and
// only joined with bytes of the same version: If-Range names the validator that FILE.part.json remembers; with a checksum, that decides in the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace qmn {

struct DownloadSettings {
  std::vector<std::string> urls;  ///< http or https; mirrors of one file, tried in this order
  std::filesystem::path file;
  std::string sha256{};           ///< 64 hex digits; empty: not checked
  std::uint64_t size_bytes = 0;   ///< 0: unknown
  std::chrono::seconds stall_timeout{30};         ///< without a byte for so long, the connection is given up
  int attempts = 5;                               ///< in a row that bring nothing new, of each URL
  std::chrono::milliseconds first_pause{1000};    ///< before the second of them; doubles
  bool is_quiet = false;
};

struct DownloadResult {
  std::string url;                 ///< the mirror that gave the last byte
  std::uint64_t size_bytes = 0;
  std::uint64_t resumed_from = 0;  ///< bytes that an earlier run had brought
  std::string sha256;
};

/// Error (data) that names each URL and what was wrong with it; FILE.part stays, and the next call goes on from there. Error (data), at once: another
/// process is at it; the disk is full. A checksum that is wrong removes FILE.part.
DownloadResult download(const DownloadSettings& settings);

}  // namespace qmn
