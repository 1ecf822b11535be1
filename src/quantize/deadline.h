// SPDX-License-Identifier: Apache-2.0
// quantize/deadline.h   When a search has to stop and keep the best so far.
#pragma once

#include <chrono>

namespace qmn {

class Deadline {
 public:
  Deadline() = default;  ///< never
  /// `seconds` from now; 0: never.
  explicit Deadline(double seconds) {
    if (seconds > 0) end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }
  bool has_passed() const { return end_ != Clock::time_point::max() && Clock::now() >= end_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point end_ = Clock::time_point::max();
};

}  // namespace qmn
