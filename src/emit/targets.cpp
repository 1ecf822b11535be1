// SPDX-License-Identifier: Apache-2.0
#include "emit/targets.h"

#include "base/error.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace qmn {

const std::vector<Core>& cores() {
  static const std::vector<Core> all{
      {"cortex-m0", KernelVariant::ref}, {"cortex-m0plus", KernelVariant::ref}, {"cortex-m3", KernelVariant::ref},  {"cortex-m23", KernelVariant::ref},
      {"cortex-m4", KernelVariant::dsp}, {"cortex-m7", KernelVariant::dsp},     {"cortex-m33", KernelVariant::dsp}, {"cortex-m55", KernelVariant::mve},
  };
  return all;
}

const Core& core_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Core& core : cores()) {
    if (core.name == name) return core;
    names.push_back(core.name);
  }
  fail_usage("--core {}: unknown core; there is {}", name, fmt::join(names, ", "));
}

const std::vector<ExportBoard>& export_boards() {
  static const std::vector<ExportBoard> all{
      {"mps2-an385", "cortex-m3", 4 << 20},  {"mps2-an386", "cortex-m4", 4 << 20},  {"mps2-an500", "cortex-m7", 4 << 20},
      {"mps2-an505", "cortex-m33", 2 << 20}, {"mps3-an547", "cortex-m55", 2 << 20}, {"microbit", "cortex-m0", 16 << 10},
  };
  return all;
}

std::vector<std::string> export_board_names() {
  std::vector<std::string> names;
  for (const ExportBoard& board : export_boards()) names.push_back(board.name);
  names.emplace_back("none");
  return names;
}

bool fits_ram(const std::string& board, std::int64_t arena_bytes) {
  constexpr std::int64_t kBesideTheArena = 5 << 10;  // stack, front end, what the firmware around the network holds
  const auto found = std::ranges::find(export_boards(), board, &ExportBoard::name);
  return found == export_boards().end() || arena_bytes + kBesideTheArena <= found->ram_bytes;
}

const Core& core_of_board(const std::string& board) {
  const auto found = std::ranges::find(export_boards(), board, &ExportBoard::name);
  return found == export_boards().end() ? cores().front() : core_named(found->core);
}

}  // namespace qmn
