// SPDX-License-Identifier: Apache-2.0
// board/first_difference.h   Where a board first leaves the simulator's path.
#pragma once

#include "program/program.h"
#include "program/tensor_bytes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

struct TensorDifference {
  TensorId tensor = -1;
  std::string tensor_name;
  std::string kernel;     ///< "conv2d conv_1", which wrote it; "the input"
  int y = 0, x = 0, channel = 0;
  int host = 0, board = 0;  ///< raw values; board is meaningless when is_missing
  bool is_missing = false;  ///< the board has no such tensor, or one of another size
};

/// The first tensor in order of execution, and in it the first value, that differ. Traces are by TensorId, as Simulator::trace gives them.
std::optional<TensorDifference> first_difference(const Program& program, const std::vector<TensorBytes>& host,
                                                 const std::vector<TensorBytes>& board);

}  // namespace qmn
