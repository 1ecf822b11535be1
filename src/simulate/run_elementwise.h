// SPDX-License-Identifier: Apache-2.0
// simulate/run_elementwise.h   The kernels of runtime/qmn_elementwise.h: their C structs, and the call for the types at hand.
#pragma once

#include "simulate/memory.h"

namespace qmn {

void run(const AddKernel& kernel, const Memory& memory);
void run(const MulKernel& kernel, const Memory& memory);
void run(const LookupKernel& kernel, const Memory& memory);
void run(const InterpolateKernel& kernel, const Memory& memory);
void run(const CopyKernel& kernel, const Memory& memory);
void run(const ConcatKernel& kernel, const Memory& memory);
void run(const FillKernel& kernel, const Memory& memory);

}  // namespace qmn
