// SPDX-License-Identifier: Apache-2.0
// tests/emit/compile.h   Writes emitted files to disk and compiles them.
#pragma once

#include "base/file.h"
#include "base/subprocess.h"
#include "emit/emit.h"

#include <filesystem>
#include <string>
#include <vector>

namespace qmn {

inline void write_files(const FileSet& files, const std::filesystem::path& folder) {
  for (const auto& [path, content] : files) {
    std::filesystem::create_directories((folder / path).parent_path());
    write_file_atomic(folder / path, content);
  }
}

/// The C files of the network itself: not those of boards.
inline std::vector<std::string> network_sources(const FileSet& files) {
  std::vector<std::string> sources;
  for (const auto& [path, content] : files) {
    if (path.ends_with(".c") && !path.starts_with("boards/")) sources.push_back(path);
  }
  return sources;
}

/// Runs `compiler` with the strictest flags in `folder`; the result's output is empty when there was nothing to say.
inline ProcessResult compile(const std::vector<std::string>& compiler, const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  std::vector<std::string> argv = compiler;
  for (const char* flag : {"-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror", "-O2", "-I.", "-Iruntime"}) argv.emplace_back(flag);
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_process(argv, {.input = {}, .folder = folder});
}

}  // namespace qmn
