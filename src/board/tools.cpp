// SPDX-License-Identifier: Apache-2.0
#include "board/tools.h"

#include "base/error.h"
#include "board/board.h"
#include "emit/targets.h"

#include <algorithm>
#include <sstream>

namespace qmn {

void require_program(const std::string& program, const std::string& package, const std::string& purpose) {
  if (!find_program(program)) fail_data("{} is needed to {} and is not on PATH; install it: apt install {}", program, purpose, package);
}

bool has_arm_library() {
  // gcc answers with a path when it has the library, with the bare name when it has not.
  return run_process({kArmCompiler, "-mcpu=cortex-m4", "-mthumb", "-print-file-name=libc.a"}).out.find('/') != std::string::npos;
}

std::vector<std::string> board_names() {
  std::vector<std::string> names;
  for (const ExportBoard& board : export_boards()) names.push_back(board.name);
  names.emplace_back(kHostBoard);
  return names;
}

void check_board(const std::string& board) {
  const std::vector<std::string> known = board_names();
  if (std::find(known.begin(), known.end(), board) == known.end()) {
    fail_usage("--board {}: unknown board; there is {}", board, fmt::join(known, ", "));
  }
}

namespace {

std::string trimmed(std::string line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
}

}  // namespace

std::string first_message(const ProcessResult& result) {
  std::istringstream lines(result.err + "\n" + result.out);
  std::string first, last;
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line);
    if (line.empty()) continue;
    if (line.starts_with("CMake Error") && line.back() == ':') {  // what is wrong stands below
      std::string below;
      while (below.empty() && std::getline(lines, below)) below = trimmed(below);
      return line + " " + below;
    }
    if (line.find("rror:") != std::string::npos || line.find("undefined reference") != std::string::npos) return line;
    if (first.empty() && !result.err.empty()) first = line;
    last = line;
  }
  return first.empty() ? last : first;
}

}  // namespace qmn
