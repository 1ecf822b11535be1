// SPDX-License-Identifier: Apache-2.0
// plan/validate.cpp   Replays a program over a plan, loops step by step: every byte of the arena knows which tensor was written there last;
// a kernel must find every byte of its inputs in place, and may overwrite an input only where its traits say so, at the same offset. Its scratch
// lies apart from its inputs and its output, and what was there is lost.
#include "plan/plan.h"

#include "program/traits.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace qmn {
namespace {

constexpr TensorId kNobody = -1, kScratch = -2;

class Replay {
 public:
  Replay(const Program& program, const MemoryPlan& plan) : program_(program), plan_(plan) {}

  std::string run() {
    check_ranges();
    if (fault_.empty()) {
      owner_.assign(static_cast<std::size_t>(plan_.arena_bytes), kNobody);
      places_ = plan_.offsets;
      write(program_.input);
      run(program_.kernels);
      for (TensorId kept : {program_.logits, program_.output}) check_intact(kept, "the caller");
    }
    return fault_;
  }

 private:
  static std::size_t index(TensorId id) { return static_cast<std::size_t>(id); }
  std::int64_t begin(TensorId id) const { return places_[index(id)]; }
  std::int64_t end(TensorId id) const { return begin(id) + program_.tensor(id).size_bytes(); }
  bool overlap(TensorId a, TensorId b) const { return begin(a) < end(b) && begin(b) < end(a); }
  const std::string& name(TensorId id) const { return program_.tensor(id).name; }

  template <class... Args>
  void fail(fmt::format_string<Args...> format, Args&&... args) {
    if (fault_.empty()) fault_ = fmt::format(format, std::forward<Args>(args)...);
  }

  void check_ranges() {
    if (plan_.offsets.size() != program_.tensors.size()) {
      return fail("the plan has {} offsets for {} tensors", plan_.offsets.size(), program_.tensors.size());
    }
    std::set<TensorId> slices;
    for_each_kernel(program_.kernels, [&](const Kernel& kernel, std::int64_t) {
      if (const auto* loop = std::get_if<LoopKernel>(&kernel)) check_slices(*loop, slices);
    });
    for (std::size_t i = 0; i < plan_.offsets.size(); ++i) {
      const std::int64_t offset = plan_.offsets[i];
      const ProgramTensor& tensor = program_.tensors[i];
      const int alignment = slices.contains(static_cast<TensorId>(i)) ? tensor.format.total_bits / 8 : kArenaAlignment;
      if (offset % alignment != 0) fail("{} lies at offset {}, not a multiple of {}", tensor.name, offset, alignment);
      if (offset < 0 || offset > plan_.arena_bytes - tensor.size_bytes()) {
        fail("{} ({} bytes at offset {}) leaves the arena of {} bytes", tensor.name, tensor.size_bytes(), offset, plan_.arena_bytes);
      }
    }
  }

  void check_slices(const LoopKernel& loop, std::set<TensorId>& slices) {
    for (const auto* list : {&loop.inputs, &loop.outputs}) {
      for (const auto& [outer, slice] : *list) {
        slices.insert(slice);
        if (plan_.offsets[index(slice)] != plan_.offsets[index(outer)]) {
          fail("{} does not begin where {} does, whose first piece it is", name(slice), name(outer));
        }
        if (program_.tensor(outer).size_bytes() != loop.step_count * program_.tensor(slice).size_bytes()) {
          fail("{} is not {} pieces of the size of {}", name(outer), loop.step_count, name(slice));
        }
      }
    }
  }

  void run(const std::vector<Kernel>& kernels) {
    for (const Kernel& kernel : kernels) {
      if (!fault_.empty()) return;
      if (const auto* loop = std::get_if<LoopKernel>(&kernel)) {
        run_loop(*loop);
        continue;
      }
      const TensorId out = outputs_of(kernel).front();
      use_scratch(kernel, out);
      for (TensorId in : inputs_of(kernel)) {
        check_intact(in, kernel_name(kernel));
        const bool is_in_place = begin(in) == begin(out) && may_overwrite(program_, kernel, in, plan_.variant);
        if (overlap(in, out) && !is_in_place) fail("{} writes {} over its own input {}", kernel_name(kernel), name(out), name(in));
      }
      write(out);
    }
  }

  /// Where inputs are touched, check_intact finds out.
  void use_scratch(const Kernel& kernel, TensorId out) {
    const std::int64_t size = traits_of(program_, kernel, plan_.variant).scratch_bytes;
    if (size == 0) return;
    if (plan_.scratch_offsets.size() != program_.tensors.size()) return fail("the plan has no place for the scratch of {}", kernel_name(kernel));
    const std::int64_t first = plan_.scratch_offset(out);
    if (first < 0 || first % kArenaAlignment != 0 || first > plan_.arena_bytes - size) {
      return fail("the scratch of {} ({} bytes at offset {}) leaves the arena of {} bytes or is not aligned to {}", kernel_name(kernel), size, first, plan_.arena_bytes,
                  kArenaAlignment);
    }
    if (first < end(out) && begin(out) < first + size) fail("the scratch of {} overlaps its output {}", kernel_name(kernel), name(out));
    std::fill_n(owner_.begin() + first, size, kScratch);
  }

  void run_loop(const LoopKernel& loop) {
    for (const auto* list : {&loop.inputs, &loop.outputs}) {
      for (const auto& [outer, slice] : *list) whole_[slice] = outer;
    }
    for (int step = 0; step < loop.step_count; ++step) {
      for (const auto* list : {&loop.inputs, &loop.outputs}) {
        for (const auto& [outer, slice] : *list) places_[index(slice)] = begin(outer) + step * program_.tensor(slice).size_bytes();
      }
      run(loop.body);
      for (const auto& [state, next] : loop.states) {
        check_intact(next, loop.name);
        if (program_.tensor(state).size_bytes() != program_.tensor(next).size_bytes()) fail("{} and {} differ in size", name(state), name(next));
        if (overlap(state, next) && begin(state) != begin(next)) fail("{} and its next value {} overlap in part", name(state), name(next));
        write(state);
      }
    }
  }

  /// A piece of a tensor counts as the tensor.
  TensorId owner(TensorId id) const {
    const auto whole = whole_.find(id);
    return whole == whole_.end() ? id : whole->second;
  }

  void write(TensorId id) {
    for (std::int64_t byte = begin(id); byte < end(id); ++byte) owner_[static_cast<std::size_t>(byte)] = owner(id);
  }

  void check_intact(TensorId id, const std::string& reader) {
    for (std::int64_t byte = begin(id); byte < end(id); ++byte) {
      const TensorId found = owner_[static_cast<std::size_t>(byte)];
      if (found == owner(id)) continue;
      return fail("{} reads {}, whose byte {} {}", reader, name(id), byte - begin(id),
                  found == kNobody ? "was never written" : found == kScratch ? "was overwritten by scratch" : "was overwritten by " + name(found));
    }
  }

  const Program& program_;
  const MemoryPlan& plan_;
  std::vector<TensorId> owner_;
  std::vector<std::int64_t> places_;     ///< of each tensor now: slices of loops move
  std::map<TensorId, TensorId> whole_;  ///< slice → the tensor that it is a piece of
  std::string fault_;                   ///< the first
};

}  // namespace

std::string validate_plan(const Program& program, const MemoryPlan& plan) { return Replay(program, plan).run(); }

}  // namespace qmn
