// SPDX-License-Identifier: Apache-2.0
// base/check.h   QMN_CHECK: an invariant of our own code, checked in every build. Never for user data: that throws qmn::Error.
#pragma once

#include <cstdio>
#include <cstdlib>

#define QMN_CHECK(condition, what)                                                                        \
  do {                                                                                                    \
    if (!(condition)) {                                                                                   \
      std::fprintf(stderr, "qmn: internal error: %s (%s, %s:%d)\n", what, #condition, __FILE__, __LINE__); \
      std::abort();                                                                                       \
    }                                                                                                     \
  } while (false)
