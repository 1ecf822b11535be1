// SPDX-License-Identifier: Apache-2.0
// cli/listen_on_board.h   qmn listen --board: a recording through the firmware and through the simulator, run by run.
#pragma once

#include "cli/common.h"

#include <string>

namespace qmn::cli {

struct BoardListening {
  std::string folder, source, board;
  bool has_point = false;  ///< flags ask for other settings than the firmware's
  OutputOptions output;
};

/// Prints what the board heard, and whether it equals the host's. ExitRequest 1 when anything differs.
/// Error (usage): a model file instead of a folder, a microphone, settings.
void listen_on_board(const BoardListening& options);

}  // namespace qmn::cli
