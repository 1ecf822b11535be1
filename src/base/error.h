// SPDX-License-Identifier: Apache-2.0
// base/error.h   The one exception of qmn. A message is one line that names the file, node or flag, the value, the limit and the fix.
// Thrown anywhere in host code, caught once in src/cli/. A broken invariant of our own is a QMN_CHECK (base/check.h) instead.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace qmn {

/// What is wrong, and at once the exit code of the process.
enum class ErrorKind {
  data = 1,   ///< a file, a model, a data set, the disk, a missing program
  usage = 2,  ///< a flag or its value
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

/// Throws an Error of kind data (exit code 1). The message is one line, without a full stop's need for context.
template <class... Args>
[[noreturn]] void fail_data(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::data, fmt::format(format, std::forward<Args>(args)...));
}

/// Throws an Error of kind usage (exit code 2).
template <class... Args>
[[noreturn]] void fail_usage(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::usage, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace qmn
