// SPDX-License-Identifier: Apache-2.0
// base/interrupt.h   Ctrl-C as the natural end of a command that goes on until it is told.
#pragma once

namespace qmn {

/// While one lives, SIGINT and SIGTERM are noted instead of ending the process; a second one ends it. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  bool is_interrupted() const;
};

}  // namespace qmn
