// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "engine/engine.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace qmn {
namespace {

// Each case is a process of its own under ctest, but not when the whole program runs: the engine is then loaded already.
TEST(LoaderDeathTest, AMissingModuleIsAClearError) {
  EXPECT_EXIT(
      {
        ::setenv("QMN_ENGINE_PATH", "/nowhere/libqmn_engine.so", 1);
        try {
          engine();
        } catch (const Error& error) {
          std::fputs(error.what(), stderr);
          std::exit(error.exit_code());
        }
      },
      testing::ExitedWithCode(1), "QMN_ENGINE_PATH=/nowhere/libqmn_engine.so: no such file");
}

TEST(Loader, GivesOneEngine) { EXPECT_EQ(&engine(), &engine()); }

}  // namespace
}  // namespace qmn
