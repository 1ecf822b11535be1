// SPDX-License-Identifier: Apache-2.0
// tests/support/expect_error.h   A qmn::Error of a kind, whose one line names what it should.
#pragma once

#include "base/error.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace qmn::testing {

inline void expect_error(ErrorKind kind, const std::vector<std::string>& parts, const std::function<void()>& action) {
  try {
    action();
    FAIL() << "no error, but one with: " << (parts.empty() ? "" : parts.front());
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.kind(), kind) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << "more than one line: " << message;
    for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
  }
}

}  // namespace qmn::testing
