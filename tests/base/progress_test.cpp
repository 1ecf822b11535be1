// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

std::string shown(bool is_quiet) {
  testing::internal::CaptureStderr();
  {
    Progress progress("training", 10, is_quiet);
    for (std::uint64_t step = 1; step <= 10; ++step) progress.update(step, "loss 0.5");
    progress.finish("loss 0.25");
  }
  return testing::internal::GetCapturedStderr();
}

TEST(Progress, SaysWhatItDoesOnALineOfItsOwn) {
  const std::string text = shown(false);
  EXPECT_NE(text.find("training"), std::string::npos) << text;
  EXPECT_NE(text.find("loss 0.25"), std::string::npos) << text;
  EXPECT_EQ(text.back(), '\n') << text;
  EXPECT_EQ(text.find('\r'), std::string::npos) << "nothing is redrawn outside a terminal: " << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
}

TEST(Progress, QuietSaysNothing) { EXPECT_EQ(shown(true), ""); }

}  // namespace
}  // namespace qmn
