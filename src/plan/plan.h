// SPDX-License-Identifier: Apache-2.0
// plan/plan.h   Liveness → static arena offsets; a tensor lives from the kernel that writes it to the last that reads it (half-open), the
// scratch of a kernel while it runs.
#pragma once

#include "program/program.h"

#include <cstdint>
#include <string>

namespace qmn {

/// Places every tensor, and the scratch that the kernels of `variant` take. The plan passes validate_plan.
MemoryPlan plan_memory(const Program& program, KernelVariant variant = KernelVariant::ref);

/// "8924 bytes, optimal: as many are alive at once", or "9000 bytes, near-optimal: 76 above the bound of 8924, the most that are alive at once".
/// The bound counts tensors after those that share a place in place, and scratch; offsets that reach it cannot be better ones.
std::string arena_text(std::int64_t arena_bytes, std::int64_t lower_bound_bytes);

/// Checks a plan by replaying the program over it; shares no code with plan_memory. Returns an empty string, or the first fault in words.
std::string validate_plan(const Program& program, const MemoryPlan& plan);

}  // namespace qmn
