// SPDX-License-Identifier: Apache-2.0
// emit/targets.h   What can be exported for: cores with the kernels that they run, and emulated boards with their cores.
#pragma once

#include "program/program.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qmn {

struct Core {
  std::string name;  ///< "cortex-m4", as compilers know it
  KernelVariant variant;
};
/// From the smallest.
const std::vector<Core>& cores();
/// Error (usage) lists the names.
const Core& core_named(const std::string& name);

/// A board whose files stand in boards/NAME/.
struct ExportBoard {
  std::string name;
  std::string core;
  std::int64_t ram_bytes;
};
const std::vector<ExportBoard>& export_boards();  ///< in the order of their cores
/// Their names, then "none": a drop-in folder for a user's own board.
std::vector<std::string> export_board_names();

/// Whether an arena fits onto a board, with what its firmware and stack take beside it. It always fits onto the board "none".
bool fits_ram(const std::string& board, std::int64_t arena_bytes);

/// The core of a board. The board "none" has no core of its own: the first one, whose kernels run on every other.
const Core& core_of_board(const std::string& board);

}  // namespace qmn
