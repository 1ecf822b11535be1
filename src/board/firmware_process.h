// SPDX-License-Identifier: Apache-2.0
// board/firmware_process.h   One run of a firmware in a temporary folder: files in, files and the report out (boards/common/main.c).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace qmn {

class FirmwareProcess {
 public:
  FirmwareProcess();   ///< Error (data): no temporary folder can be made
  ~FirmwareProcess();  ///< removes it
  FirmwareProcess(const FirmwareProcess&) = delete;
  FirmwareProcess& operator=(const FirmwareProcess&) = delete;

  std::filesystem::path file(const std::string& name) const { return folder_ / name; }

  /// Runs the image to its end and returns the lines "qmn report <key> <value>". `fed` says what it was given, for messages; empty: nothing,
  /// only the self-test runs.
  /// Error (data): a fault, a hang, an early end.
  std::map<std::string, std::int64_t> run(const std::filesystem::path& image, const std::string& board, std::chrono::milliseconds timeout, const std::string& fed) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace qmn
