// SPDX-License-Identifier: Apache-2.0
// plan/plan.cpp   Tensors → buffers (a tensor written in place shares its input's buffer, a state its next value's; scratch has its own) → offsets.
// Buffers are placed one by one at the lowest offset that is free while they live (first fit). The result depends on the order of
// placement alone, so several orders are tried, sorted ones and then random ones from a fixed seed; the smallest arena wins.
#include "plan/plan.h"

#include "base/check.h"
#include "base/random.h"
#include "program/traits.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace qmn {
namespace {

constexpr int kRandomOrders = 400;

/// Alive in the steps first <= s < end. Step 0 is the arrival of the input, then every kernel has a step.
struct Buffer {
  std::int64_t size_bytes = 0;
  int first = 0;
  int end = 0;
  int length() const { return end - first; }
  bool lives_with(const Buffer& other) const { return first < other.end && other.first < end; }
};

struct Buffers {
  std::vector<Buffer> all;
  std::vector<int> of_tensor;   ///< by TensorId
  std::vector<int> of_scratch;  ///< of the scratch of the kernel that writes a tensor, by TensorId; kNoScratch where it takes none
};
constexpr int kNoScratch = -1;

std::int64_t aligned(std::int64_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

/// Walks the kernels in order of execution and notes when each tensor is written and read. A loop takes a step for its entry, one for each
/// kernel of its body and one for the end of its steps, where states take their next values.
class Lifetimes {
 public:
  Lifetimes(const Program& program, KernelVariant variant)
      : program_(program), variant_(variant), buffers_{std::vector<Buffer>(program.tensors.size()), {}, std::vector<int>(program.tensors.size(), kNoScratch)} {
    buffers_.of_tensor.resize(program.tensors.size());
    std::iota(buffers_.of_tensor.begin(), buffers_.of_tensor.end(), 0);
    for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
      if (const auto* loop = std::get_if<LoopKernel>(&kernel)) stand_in_for_outer(*loop);
    });
    for (std::size_t i = 0; i < buffers_.all.size(); ++i) {
      if (buffers_.of_tensor[i] == static_cast<int>(i)) buffers_.all[i].size_bytes = aligned(program.tensors[i].size_bytes());
    }
    of(program.input).end = 1;
    walk(program.kernels);
    for (TensorId kept : {program.logits, program.output}) of(kept).end = step_ + 1;
  }

  int step_count() const { return step_ + 1; }

  /// Buffers after tensors were brought together: a state with its next value where the state is no longer read when that is written, then
  /// the output of a kernel that may work in place with an input that nothing reads later.
  Buffers shared() && {
    for (const NextValue& next : next_values_) share_state(next);
    for (const Written& written : written_) share_in_place(written);
    return std::move(buffers_);
  }

 private:
  struct Written {
    const Kernel* kernel;
    int step;
  };
  struct NextValue {
    LoopKernel::State state;
    int last_read_of_state;  ///< within the body
  };

  Buffer& of(TensorId id) { return buffers_.all[buffer_of(id)]; }
  std::size_t buffer_of(TensorId id) const { return static_cast<std::size_t>(buffers_.of_tensor.at(static_cast<std::size_t>(id))); }

  void stand_in_for_outer(const LoopKernel& loop) {
    for (const auto* slices : {&loop.inputs, &loop.outputs}) {
      for (const LoopKernel::Slice& slice : *slices) buffers_.of_tensor.at(static_cast<std::size_t>(slice.slice)) = slice.outer;
    }
  }

  void read(TensorId id) { of(id).end = step_ + 1; }
  void write(TensorId id) {
    Buffer& buffer = of(id);
    if (buffer.end == 0) buffer.first = step_;  // else a later piece of a loop's output, or a state that was filled before
    buffer.end = step_ + 1;
  }

  void walk(const std::vector<Kernel>& kernels) {
    for (const Kernel& kernel : kernels) {
      ++step_;
      if (const auto* loop = std::get_if<LoopKernel>(&kernel)) {
        walk_loop(*loop);
        continue;
      }
      for (TensorId id : inputs_of(kernel)) read(id);
      for (TensorId id : outputs_of(kernel)) write(id);
      add_scratch(kernel);
      written_.push_back({&kernel, step_});
    }
  }

  void add_scratch(const Kernel& kernel) {
    const std::int64_t bytes = traits_of(program_, kernel, variant_).scratch_bytes;
    if (bytes == 0) return;
    buffers_.of_scratch[static_cast<std::size_t>(outputs_of(kernel).front())] = static_cast<int>(buffers_.all.size());
    buffers_.all.push_back({.size_bytes = aligned(bytes), .first = step_, .end = step_ + 1});
  }

  void walk_loop(const LoopKernel& loop) {
    const int entry = step_;
    for (const LoopKernel::Slice& output : loop.outputs) write(output.outer);
    walk(loop.body);
    for (const LoopKernel::State& state : loop.states) next_values_.push_back({state, of(state.state).end - 1});
    ++step_;
    for (const LoopKernel::State& state : loop.states) {
      read(state.next);
      write(state.state);
    }
    // What the body reads of the time before the loop, it reads again in the next step; a loop's output must keep its first pieces.
    for (Buffer& buffer : buffers_.all) {
      if (buffer.first <= entry && buffer.end > entry) buffer.end = step_ + 1;
    }
  }

  const Kernel* writer_of(TensorId id, int& step) const {
    for (const Written& written : written_) {
      if (outputs_of(*written.kernel).front() != id) continue;
      step = written.step;
      return written.kernel;
    }
    return nullptr;
  }

  void share_state(const NextValue& value) {
    const auto state = buffer_of(value.state.state), next = buffer_of(value.state.next);
    if (next != static_cast<std::size_t>(value.state.next)) return;  // a piece of an output of the loop
    int step = 0;
    const Kernel* writer = writer_of(value.state.next, step);
    QMN_CHECK(writer != nullptr, "the body of a loop writes the next value of each state");
    const bool fits_in_place = value.last_read_of_state == step && may_overwrite(program_, *writer, value.state.state, variant_);
    if (value.last_read_of_state < step || fits_in_place) move_into(next, state);
  }

  void share_in_place(const Written& written) {
    const TensorId output = outputs_of(*written.kernel).front();
    const std::size_t out = buffer_of(output);
    if (out != static_cast<std::size_t>(output)) return;  // shares already
    for (TensorId input : inputs_of(*written.kernel)) {
      const std::size_t in = buffer_of(input);
      const bool input_dies_here = buffers_.all[in].end == written.step + 1 && input != program_.logits && input != program_.output;
      if (!may_overwrite(program_, *written.kernel, input, variant_) || !input_dies_here) continue;
      move_into(out, in);
      return;
    }
  }

  void move_into(std::size_t moved, std::size_t host) {
    buffers_.all[host].end = std::max(buffers_.all[host].end, buffers_.all[moved].end);
    buffers_.all[moved] = {};  // lives nowhere
    for (int& buffer : buffers_.of_tensor) {
      if (buffer == static_cast<int>(moved)) buffer = static_cast<int>(host);
    }
  }

  const Program& program_;
  KernelVariant variant_;
  Buffers buffers_;
  int step_ = 0;
  std::vector<Written> written_;
  std::vector<NextValue> next_values_;
};

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

std::string arena_text(std::int64_t arena_bytes, std::int64_t lower_bound_bytes) {
  if (arena_bytes == lower_bound_bytes) return fmt::format("{} bytes, optimal: as many are alive at once", arena_bytes);
  return fmt::format("{} bytes, near-optimal: {} above the bound of {}, the most that are alive at once", arena_bytes, arena_bytes - lower_bound_bytes, lower_bound_bytes);
}

MemoryPlan plan_memory(const Program& program, KernelVariant variant) {
  Lifetimes lifetimes(program, variant);
  const int step_count = lifetimes.step_count();
  const Buffers buffers = std::move(lifetimes).shared();
  const std::int64_t bound = lower_bound(buffers.all, step_count);
  const Placement placement = best_placement(buffers.all, bound);
  MemoryPlan plan;
  plan.variant = variant;
  for (int buffer : buffers.of_tensor) plan.offsets.push_back(placement.offsets[static_cast<std::size_t>(buffer)]);
  const bool has_scratch = std::ranges::any_of(buffers.of_scratch, [](int buffer) { return buffer != kNoScratch; });
  for (std::size_t i = 0; has_scratch && i < buffers.of_scratch.size(); ++i) {
    const int buffer = buffers.of_scratch[i];
    plan.scratch_offsets.push_back(buffer == kNoScratch ? 0 : placement.offsets[static_cast<std::size_t>(buffer)]);
  }
  plan.arena_bytes = placement.arena_bytes;
  plan.lower_bound_bytes = bound;
  const std::string fault = validate_plan(program, plan);
  QMN_CHECK(fault.empty(), fault.c_str());
  return plan;
}

}  // namespace qmn
