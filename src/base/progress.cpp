// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace qmn {
namespace {

using Clock = std::chrono::steady_clock;

std::string duration(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

}  // namespace

Progress::Progress(std::string what, std::uint64_t total, bool is_quiet)
    : what_(std::move(what)), total_(total), is_quiet_(is_quiet), is_terminal_(::isatty(STDERR_FILENO) == 1), start_(Clock::now()), last_(start_) {}

Progress::~Progress() { finish(); }

void Progress::update(std::uint64_t done, std::string_view detail) {
  if (first_ == UINT64_MAX) first_ = done > 0 ? done - 1 : 0;
  if (is_quiet_ || is_finished_) return;
  const auto now = Clock::now();
  const auto pause = is_terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(15000);
  if (now - last_ < pause) return;
  last_ = now;
  show(done, detail, false);
}

void Progress::finish(std::string_view detail) {
  if (is_finished_) return;
  is_finished_ = true;
  if (is_quiet_ || (!has_shown_ && detail.empty())) return;
  if (detail.empty()) {
    if (is_terminal_) std::fputs("\r\033[K", stderr);
    return;
  }
  show(total_, detail, true);
}

void Progress::show(std::uint64_t done, std::string_view detail, bool is_last) {
  has_shown_ = true;
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  std::string line = fmt::format("{} {}/{}", what_, done, std::max(done, total_));
  if (!detail.empty()) line += fmt::format("  {}", detail);
  if (is_last) {
    line += fmt::format("  in {}", duration(elapsed));
  } else if (done > first_) {
    const double left = elapsed * static_cast<double>(total_ - std::min(done, total_)) / static_cast<double>(done - first_);
    line += fmt::format("  ETA {}", duration(left));
  }
  if (is_terminal_) std::fprintf(stderr, "\r\033[K%s%s", line.c_str(), is_last ? "\n" : "");
  else std::fprintf(stderr, "%s\n", line.c_str());
  std::fflush(stderr);
}

bool may_color(int descriptor) { return ::isatty(descriptor) == 1 && std::getenv("NO_COLOR") == nullptr; }

}  // namespace qmn
