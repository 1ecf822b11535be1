// SPDX-License-Identifier: Apache-2.0
// engine/torch_guard.h   What every call from outside into torch needs: its exceptions become ours, its threads are counted.
#pragma once

#include "base/error.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <omp.h>

#include <string>

namespace qmn {

/// Calls body(); a torch exception becomes an Error of one line, without its stack trace.
template <class Body>
auto guarded(const Body& body) {
  try {
    return body();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    fail_data("the float engine failed: {}", text.substr(0, text.find('\n')));
  }
}

/// Threads that torch may use inside one operation called from this thread, while the object lives. Not at::set_num_threads: that also
/// empties oneDNN's cache of prepared operations.
class OperationThreads {
 public:
  explicit OperationThreads(int count) : before_(omp_get_max_threads()) { omp_set_num_threads(count); }
  ~OperationThreads() { omp_set_num_threads(before_); }
  OperationThreads(const OperationThreads&) = delete;
  OperationThreads& operator=(const OperationThreads&) = delete;

 private:
  int before_;
};

}  // namespace qmn
