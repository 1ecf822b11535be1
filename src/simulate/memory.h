// SPDX-License-Identifier: Apache-2.0
// simulate/memory.h   Where the tensors of a program lie in an arena while it runs; the slices of loops move.
#pragma once

#include "program/program.h"

#include <cstdint>
#include <variant>
#include <vector>

namespace qmn {

class Memory {
 public:
  Memory(const Program& program, const MemoryPlan& plan, std::int8_t* arena) : program_(program) {
    for (std::int64_t offset : plan.offsets) places_.push_back(arena + offset);
  }

  const ProgramTensor& tensor(TensorId id) const { return program_.tensor(id); }
  std::int8_t* bytes(TensorId id) const { return places_.at(static_cast<std::size_t>(id)); }
  /// The values with their type.
  std::variant<std::int8_t*, std::int16_t*> values(TensorId id) const {
    if (tensor(id).format.total_bits == 8) return bytes(id);
    return reinterpret_cast<std::int16_t*>(bytes(id));  // aligned: the plan's offsets and the slices of int16 tensors are even
  }
  void move(TensorId slice, std::int8_t* place) { places_.at(static_cast<std::size_t>(slice)) = place; }

 private:
  const Program& program_;
  std::vector<std::int8_t*> places_;  ///< by TensorId
};

}  // namespace qmn
