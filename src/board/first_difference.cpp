// SPDX-License-Identifier: Apache-2.0
#include "board/first_difference.h"

#include "base/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace qmn {
namespace {

using Trace = std::vector<TensorBytes>;

std::optional<TensorDifference> difference_in(const Program& program, TensorId id, const std::string& kernel, const Trace& host, const Trace& board) {
  const auto index = static_cast<std::size_t>(id);
  QMN_CHECK(index < host.size(), "the host's trace holds every tensor");
  const ProgramTensor& tensor = program.tensor(id);
  TensorDifference difference{.tensor = id, .tensor_name = tensor.name, .kernel = kernel};
  if (index >= board.size() || board[index].size() != host[index].size()) {
    difference.is_missing = true;
    return difference;
  }
  const std::vector<std::int32_t> host_values = raw_values(host[index], tensor.format), board_values = raw_values(board[index], tensor.format);
  const auto [on_host, on_board] = std::mismatch(host_values.begin(), host_values.end(), board_values.begin());
  if (on_host == host_values.end()) return std::nullopt;
  const int at = static_cast<int>(on_host - host_values.begin());
  difference.channel = at % tensor.channels;
  difference.x = at / tensor.channels % tensor.width;
  difference.y = at / tensor.channels / tensor.width;
  difference.host = *on_host;
  difference.board = *on_board;
  return difference;
}

}  // namespace

std::optional<TensorDifference> first_difference(const Program& program, const Trace& host, const Trace& board) {
  auto difference = difference_in(program, program.input, "the input", host, board);
  std::set<TensorId> loop_outputs;  // states too: traces hold what the loop made of them
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    if (!std::holds_alternative<LoopKernel>(kernel)) return;
    for (TensorId id : outputs_of(kernel)) loop_outputs.insert(id);
  });
  const auto compare = [&](const Kernel& kernel) {
    const std::string name = fmt::format("{} {}", kernel_op(kernel), kernel_name(kernel));
    for (TensorId id : outputs_of(kernel)) {
      if (!std::holds_alternative<LoopKernel>(kernel) && loop_outputs.contains(id)) continue;
      if (!difference) difference = difference_in(program, id, name, host, board);
    }
  };
  for (const Kernel& kernel : program.kernels) {
    const auto* loop = std::get_if<LoopKernel>(&kernel);
    if (loop != nullptr) for_each_kernel(loop->body, [&](const Kernel& inner, std::int64_t) { compare(inner); });
    compare(kernel);
  }
  return difference;
}

}  // namespace qmn
