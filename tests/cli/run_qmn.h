// SPDX-License-Identifier: Apache-2.0
// tests/cli/run_qmn.h   Runs the program as a user would, and what every failing command owes to him.
#pragma once

#include "base/subprocess.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace qmn {

inline ProcessResult run_qmn(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), QMN_PROGRAM);
  return run_process(arguments);
}

/// The exit code, one line on standard error that holds `text`, and nothing on standard output.
inline void expect_error(const ProcessResult& result, int exit_code, const std::string& text) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_TRUE(result.err.starts_with("qmn: ")) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_NE(result.err.find(text), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "");
}

/// Standard output as the one JSON object that it must be.
inline nlohmann::json json_of(const ProcessResult& result) {
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1) << result.out;
  const nlohmann::json object = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_TRUE(object.is_object()) << result.out << result.err;
  return object;
}

}  // namespace qmn
