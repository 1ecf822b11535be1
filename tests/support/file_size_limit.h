// SPDX-License-Identifier: Apache-2.0
// tests/support/file_size_limit.h   A limit on the size of files, as a disk that fills up on the way.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace qmn::testing {

/// While it lives, a write beyond `bytes` of a file fails (EFBIG).
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    previous_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &previous_);
    const rlimit limit{bytes, previous_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &previous_);
    std::signal(SIGXFSZ, previous_handler_);
  }

 private:
  rlimit previous_{};
  void (*previous_handler_)(int) = nullptr;
};

}  // namespace qmn::testing
