// SPDX-License-Identifier: Apache-2.0
// plan/validate.cpp   Replays a program over a plan: every byte of the arena knows which tensor was written there last; a kernel must
// find every byte of its input in place, and may overwrite its input only where its traits say so, at the same offset.
#include "plan/plan.h"

#include <fmt/format.h>

#include <vector>

namespace qmn {
namespace {

constexpr TensorId kNobody = -1;

class Replay {
 public:
  Replay(const Program& program, const MemoryPlan& plan) : program_(program), plan_(plan) {}

  std::string run() {
    if (std::string fault = check_ranges(); !fault.empty()) return fault;
    owner_.assign(static_cast<std::size_t>(plan_.arena_bytes), kNobody);
    write(program_.input);
    for (const Kernel& kernel : program_.kernels) {
      const TensorId in = input_of(kernel);
      const TensorId out = output_of(kernel);
      if (std::string fault = check_intact(in, kernel_name(kernel)); !fault.empty()) return fault;
      const bool is_in_place = plan_.offsets[index(in)] == plan_.offsets[index(out)];
      if (overlap(in, out) && !(is_in_place && ref_traits(program_, kernel).can_alias_input)) {
        return fmt::format("{} writes {} over its own input {}", kernel_name(kernel), program_.tensor(out).name, program_.tensor(in).name);
      }
      write(out);
    }
    for (TensorId kept : {program_.logits, program_.output}) {
      if (std::string fault = check_intact(kept, "the caller"); !fault.empty()) return fault;
    }
    return {};
  }

 private:
  static std::size_t index(TensorId id) { return static_cast<std::size_t>(id); }
  std::int64_t begin(TensorId id) const { return plan_.offsets[index(id)]; }
  std::int64_t end(TensorId id) const { return begin(id) + program_.tensor(id).size_bytes(); }
  bool overlap(TensorId a, TensorId b) const { return begin(a) < end(b) && begin(b) < end(a); }

  std::string check_ranges() const {
    if (plan_.offsets.size() != program_.tensors.size()) {
      return fmt::format("the plan has {} offsets for {} tensors", plan_.offsets.size(), program_.tensors.size());
    }
    for (std::size_t i = 0; i < plan_.offsets.size(); ++i) {
      const std::int64_t offset = plan_.offsets[i];
      const ProgramTensor& tensor = program_.tensors[i];
      if (offset % kArenaAlignment != 0)
        return fmt::format("{} lies at offset {}, not a multiple of {}", tensor.name, offset, kArenaAlignment);
      if (offset < 0 || offset > plan_.arena_bytes - tensor.size_bytes()) {
        return fmt::format("{} ({} bytes at offset {}) leaves the arena of {} bytes", tensor.name, tensor.size_bytes(), offset,
                           plan_.arena_bytes);
      }
    }
    return {};
  }

  void write(TensorId id) {
    for (std::int64_t byte = begin(id); byte < end(id); ++byte) owner_[static_cast<std::size_t>(byte)] = id;
  }

  std::string check_intact(TensorId id, const std::string& reader) const {
    for (std::int64_t byte = begin(id); byte < end(id); ++byte) {
      const TensorId owner = owner_[static_cast<std::size_t>(byte)];
      if (owner == id) continue;
      return fmt::format("{} reads {}, whose byte {} {}", reader, program_.tensor(id).name, byte - begin(id),
                         owner == kNobody ? "was never written" : "was overwritten by " + program_.tensor(owner).name);
    }
    return {};
  }

  const Program& program_;
  const MemoryPlan& plan_;
  std::vector<TensorId> owner_;
};

}  // namespace

std::string validate_plan(const Program& program, const MemoryPlan& plan) { return Replay(program, plan).run(); }

}  // namespace qmn
