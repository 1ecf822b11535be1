// SPDX-License-Identifier: Apache-2.0
// simulate/run_kernel.h   The kernels of a Program: their C structs of runtime/qmn_kernels.h, and the calls, of the forms that the plan is for.
#pragma once

#include "program/dsp_layout.h"
#include "program/program.h"

#include <cstdint>
#include <functional>
#include <map>

namespace qmn {

/// Hears of a tensor behind the kernel that wrote it; in a loop at every step, and of the loop's own outputs behind its last step.
using OnWritten = std::function<void(TensorId id, const std::int8_t* bytes)>;

/// The constants of the kernels that run their dsp form, by the tensor that each writes. None under a plan for `ref`.
using ReorderedConstants = std::map<TensorId, DspConstants>;
ReorderedConstants reordered_constants(const Program& program, const MemoryPlan& plan);

/// Runs all kernels in order; tensors and scratch lie where the plan puts them in `arena`, which is aligned to kArenaAlignment.
void run_kernels(const Program& program, const MemoryPlan& plan, const ReorderedConstants& constants, std::int8_t* arena, const OnWritten& on_written = {});

}  // namespace qmn
