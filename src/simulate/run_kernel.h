// SPDX-License-Identifier: Apache-2.0
// simulate/run_kernel.h   The kernels of a Program: their C structs of runtime/qmn_kernels.h, and the calls.
#pragma once

#include "program/program.h"

#include <cstdint>
#include <functional>

namespace qmn {

/// Hears of a tensor behind the kernel that wrote it; in a loop at every step, and of the loop's own outputs behind its last step.
using OnWritten = std::function<void(TensorId id, const std::int8_t* bytes)>;

/// Runs all kernels in order; tensors lie where the plan puts them in `arena`.
void run_kernels(const Program& program, const MemoryPlan& plan, std::int8_t* arena, const OnWritten& on_written = {});

}  // namespace qmn
