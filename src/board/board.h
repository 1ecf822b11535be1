// SPDX-License-Identifier: Apache-2.0
// board/board.h   Builds an exported project and runs it: on an emulated board, or on the host.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace qmn {

struct BoardRun {
  std::vector<std::vector<std::int8_t>> logits, scores;     ///< of each input
  std::vector<std::vector<std::vector<std::int8_t>>> traces;  ///< of each input, each tensor by TensorId; only when asked for
  std::int64_t instructions_per_inference = 0;               ///< executed, from -icount; 0 on the host
  std::int64_t stack_bytes = 0;                              ///< painted
};

struct FirmwareSize {
  std::int64_t flash_bytes = 0;  ///< of the whole ELF: text + read-only + initial data
  std::int64_t ram_bytes = 0;    ///< statics: data + bss, the arena among them; without stack
};

struct BuiltFirmware {
  std::filesystem::path image;
  FirmwareSize size;
};

std::vector<std::string> board_names();  ///< "mps2-an386"; "host" builds the same C for this machine

/// Compiles a project folder that emit_project wrote. Error (data) names a missing compiler's Debian package, or the first compiler message.
BuiltFirmware build_firmware(const std::filesystem::path& project, const std::string& board);

/// Feeds raw inputs and collects raw outputs. Error (data): emulator missing (names the package), a fault, a hang, a self-test that fails.
BoardRun run_firmware(const BuiltFirmware& firmware, const std::string& board, const std::vector<std::vector<std::int8_t>>& inputs, bool traces);

}  // namespace qmn
