// SPDX-License-Identifier: Apache-2.0
// simulate/run_kernel.h   One kernel of a Program: its C struct of runtime/qmn_kernels.h, and the call.
#pragma once

#include "program/program.h"

#include <cstdint>

namespace qmn {

/// Reads and writes its tensors where the plan puts them in `arena`.
void run_kernel(const Program& program, const MemoryPlan& plan, const Kernel& kernel, std::int8_t* arena);

}  // namespace qmn
