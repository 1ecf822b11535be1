// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <vector>

namespace qmn {
namespace {

TEST(Parallel, EveryIndexRunsOnce) {
  for (std::size_t count : {0u, 1u, 2u, 1000u, 100000u}) {
    std::vector<int> runs(count, 0);
    parallel_for(count, [&](std::size_t i) { ++runs[i]; });
    EXPECT_EQ(runs, std::vector<int>(count, 1));
  }
}

TEST(Parallel, AnExceptionReachesTheCaller) {
  EXPECT_THROW(parallel_for(1000,
                            [](std::size_t i) {
                              if (i == 500) fail_data("clip {} is broken", i);
                            }),
               Error);
}

}  // namespace
}  // namespace qmn
