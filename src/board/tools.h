// SPDX-License-Identifier: Apache-2.0
// board/tools.h   The programs that building and running take, the packages that they come in, and what they say when they fail.
#pragma once

#include "base/subprocess.h"

#include <string>

namespace qmn {

inline constexpr const char* kEmulator = "qemu-system-arm";
inline constexpr const char* kArmCompiler = "arm-none-eabi-gcc";
inline constexpr const char* kHostBoard = "host";

/// Error (data) that names the Debian package unless `program` is on PATH.
void require_program(const std::string& program, const std::string& package, const std::string& purpose);

/// Whether the Arm compiler finds a C library (newlib comes in a package of its own).
bool has_arm_library();

/// Error (usage) that lists the boards unless `board` is one of board_names().
void check_board(const std::string& board);

/// The first line of a failed run's output that says what is wrong: one with "error", else the first of standard error, else the last.
std::string first_message(const ProcessResult& result);

}  // namespace qmn
