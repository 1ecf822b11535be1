// SPDX-License-Identifier: Apache-2.0
// plan/plan.cpp   Tensors → buffers (a tensor written in place shares its input's buffer) → offsets.
// Buffers are placed one by one at the lowest offset that is free while they live (first fit). The result depends on the order of
// placement alone, so several orders are tried, sorted ones and then random ones from a fixed seed; the smallest arena wins.
#include "plan/plan.h"

#include "base/check.h"
#include "base/random.h"

#include <algorithm>
#include <numeric>

namespace qmn {
namespace {

constexpr int kRandomOrders = 400;

/// Alive in the steps first <= s < end. Step 0 is the arrival of the input, step k + 1 is kernel k.
struct Buffer {
  std::int64_t size_bytes = 0;
  int first = 0;
  int end = 0;
  int length() const { return end - first; }
  bool lives_with(const Buffer& other) const { return first < other.end && other.first < end; }
};

struct Buffers {
  std::vector<Buffer> all;
  std::vector<int> of_tensor;  ///< by TensorId
};

std::int64_t aligned(std::int64_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

/// The lifetime of each tensor: from the step that writes it to the end of the last step that reads it.
std::vector<Buffer> tensor_lifetimes(const Program& program) {
  std::vector<Buffer> lifetimes(program.tensors.size());
  auto at = [&](TensorId id) -> Buffer& { return lifetimes.at(static_cast<std::size_t>(id)); };
  for (std::size_t i = 0; i < lifetimes.size(); ++i) lifetimes[i].size_bytes = aligned(program.tensors[i].size_bytes());
  at(program.input) = {at(program.input).size_bytes, 0, 1};
  int step = 0;
  for (const Kernel& kernel : program.kernels) {
    ++step;
    Buffer& out = at(output_of(kernel));
    out.first = step;
    out.end = step + 1;
    at(input_of(kernel)).end = step + 1;
  }
  for (TensorId kept : {program.logits, program.output}) at(kept).end = step + 1;
  return lifetimes;
}

/// A kernel that may work in place does so when nothing reads its input later and the output fits over it.
Buffers share_in_place(const Program& program, const std::vector<Buffer>& lifetimes) {
  Buffers buffers{lifetimes, std::vector<int>(lifetimes.size())};
  std::iota(buffers.of_tensor.begin(), buffers.of_tensor.end(), 0);
  int step = 0;
  for (const Kernel& kernel : program.kernels) {
    ++step;
    const auto in = static_cast<std::size_t>(input_of(kernel));
    const auto out = static_cast<std::size_t>(output_of(kernel));
    const KernelTraits traits = ref_traits(program, kernel);
    QMN_CHECK(traits.scratch_bytes == 0, "the planner has no place for scratch");
    const bool input_dies_here =
        lifetimes[in].end == step + 1 && static_cast<TensorId>(in) != program.logits && static_cast<TensorId>(in) != program.output;
    if (!traits.can_alias_input || !input_dies_here || lifetimes[out].size_bytes > lifetimes[in].size_bytes) continue;
    const int shared = buffers.of_tensor[in];
    buffers.of_tensor[out] = shared;
    buffers.all[static_cast<std::size_t>(shared)].end = lifetimes[out].end;
    buffers.all[out] = {};  // lives nowhere
  }
  return buffers;
}

struct Placement {
  std::vector<std::int64_t> offsets;  ///< by buffer
  std::int64_t arena_bytes = 0;
};

Placement place(const std::vector<Buffer>& buffers, const std::vector<std::size_t>& order) {
  Placement placement{std::vector<std::int64_t>(buffers.size(), 0), 0};
  std::vector<std::size_t> placed;  // by rising offset
  for (std::size_t next : order) {
    const Buffer& buffer = buffers[next];
    std::int64_t offset = 0;
    for (std::size_t other : placed) {
      if (!buffer.lives_with(buffers[other])) continue;
      if (offset + buffer.size_bytes <= placement.offsets[other]) break;
      offset = std::max(offset, placement.offsets[other] + buffers[other].size_bytes);
    }
    placement.offsets[next] = offset;
    placement.arena_bytes = std::max(placement.arena_bytes, offset + buffer.size_bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), offset,
                                   [&](std::int64_t value, std::size_t other) { return value < placement.offsets[other]; }),
                  next);
  }
  return placement;
}

/// The largest sum of buffers that live in one step.
std::int64_t lower_bound(const std::vector<Buffer>& buffers, int step_count) {
  std::int64_t bound = 0;
  for (int step = 0; step < step_count; ++step) {
    std::int64_t live_bytes = 0;
    for (const Buffer& buffer : buffers) {
      if (buffer.first <= step && step < buffer.end) live_bytes += buffer.size_bytes;
    }
    bound = std::max(bound, live_bytes);
  }
  return bound;
}

Placement best_placement(const std::vector<Buffer>& buffers, std::int64_t bound) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Placement best = place(buffers, order);  // in order of execution
  auto try_order = [&] {
    Placement candidate = place(buffers, order);
    if (candidate.arena_bytes < best.arena_bytes) best = std::move(candidate);
  };
  auto try_sorted_by = [&](auto key) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(buffers[a]) > key(buffers[b]); });
    try_order();
  };
  try_sorted_by([](const Buffer& b) { return std::int64_t{b.length()}; });
  try_sorted_by([](const Buffer& b) { return b.size_bytes * b.length(); });
  try_sorted_by([](const Buffer& b) { return b.size_bytes; });
  Random random{1};
  for (int i = 0; i < kRandomOrders && best.arena_bytes > bound; ++i) {
    random.shuffle(order);
    try_order();
  }
  return best;
}

}  // namespace

MemoryPlan plan_memory(const Program& program) {
  const Buffers buffers = share_in_place(program, tensor_lifetimes(program));
  const std::int64_t bound = lower_bound(buffers.all, static_cast<int>(program.kernels.size()) + 1);
  const Placement placement = best_placement(buffers.all, bound);
  MemoryPlan plan;
  for (int buffer : buffers.of_tensor) plan.offsets.push_back(placement.offsets[static_cast<std::size_t>(buffer)]);
  plan.arena_bytes = placement.arena_bytes;
  plan.lower_bound_bytes = bound;
  const std::string fault = validate_plan(program, plan);
  QMN_CHECK(fault.empty(), fault.c_str());
  return plan;
}

}  // namespace qmn
