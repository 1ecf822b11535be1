// SPDX-License-Identifier: Apache-2.0
// base/subprocess.h   Runs a program (a speech engine, a compiler, an emulator) without a shell.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qmn {

struct ProcessResult {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  bool is_timed_out = false;
  std::string out;  ///< what it wrote to standard output
  std::string err;  ///< what it wrote to standard error
};

struct ProcessOptions {
  std::string_view input;                               ///< given to its standard input
  std::filesystem::path folder;                         ///< working folder; empty: ours
  std::chrono::milliseconds timeout{std::chrono::minutes(5)};  ///< it is killed after that
};

/// Full path of a program on PATH, or nothing.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// Runs argv[0] with the arguments and waits. Error (data) when it cannot be started at all.
ProcessResult run_process(const std::vector<std::string>& argv, const ProcessOptions& options = {});

}  // namespace qmn
