// SPDX-License-Identifier: Apache-2.0
// base/progress.h   A progress line on standard error: redrawn in place on a terminal, a plain line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace qmn {

class Progress {
 public:
  /// `total` steps of `what`; shows nothing when `is_quiet`.
  Progress(std::string what, std::uint64_t total, bool is_quiet = false);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Says that `done` steps are done; `detail` follows the count. Cheap to call often; not thread-safe.
  void update(std::uint64_t done, std::string_view detail = {});
  /// Ends the line. Called by the destructor too.
  void finish(std::string_view detail = {});

 private:
  void show(std::uint64_t done, std::string_view detail, bool is_last);
  std::string what_;
  std::uint64_t total_;
  std::uint64_t first_ = UINT64_MAX;  ///< the first count seen: a resumed run's ETA starts there
  bool is_quiet_;
  bool is_terminal_;
  bool is_finished_ = false;
  bool has_shown_ = false;
  std::chrono::steady_clock::time_point start_, last_;
};

/// True while standard error (2) or output (1) is a terminal and NO_COLOR is not set: whether colour may be used.
bool may_color(int descriptor);

}  // namespace qmn
