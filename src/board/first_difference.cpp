// SPDX-License-Identifier: Apache-2.0
#include "board/first_difference.h"

#include "base/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace qmn {
namespace {

using Trace = std::vector<std::vector<std::int8_t>>;

std::optional<TensorDifference> difference_in(const Program& program, TensorId id, const std::string& kernel, const Trace& host, const Trace& board) {
  const auto index = static_cast<std::size_t>(id);
  QMN_CHECK(index < host.size(), "the host's trace holds every tensor");
  const ProgramTensor& tensor = program.tensor(id);
  TensorDifference difference{.tensor = id, .tensor_name = tensor.name, .kernel = kernel};
  if (index >= board.size() || board[index].size() != host[index].size()) {
    difference.is_missing = true;
    return difference;
  }
  const auto [on_host, on_board] = std::mismatch(host[index].begin(), host[index].end(), board[index].begin());
  if (on_host == host[index].end()) return std::nullopt;
  const int at = static_cast<int>(on_host - host[index].begin());
  difference.channel = at % tensor.channels;
  difference.x = at / tensor.channels % tensor.width;
  difference.y = at / tensor.channels / tensor.width;
  difference.host = *on_host;
  difference.board = *on_board;
  return difference;
}

}  // namespace

std::optional<TensorDifference> first_difference(const Program& program, const Trace& host, const Trace& board) {
  if (auto difference = difference_in(program, program.input, "the input", host, board)) return difference;
  for (const Kernel& kernel : program.kernels) {
    const std::string name = fmt::format("{} {}", kernel_op(kernel), kernel_name(kernel));
    if (auto difference = difference_in(program, output_of(kernel), name, host, board)) return difference;
  }
  return std::nullopt;
}

}  // namespace qmn
