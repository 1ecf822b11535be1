// SPDX-License-Identifier: Apache-2.0
// simulate/run_mve.h   The kernels of runtime/qmn_kernels_mve.h: their C structs over reordered constants, and the calls.
#pragma once

#include "simulate/c_layers.h"

namespace qmn {

void run_mve(const Program& program, const Conv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch);
void run_mve(const Program& program, const DepthwiseConv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch);
void run_mve(const Program& program, const FullyConnectedKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch);
void run_mve(const Program& program, const AveragePool2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch);

}  // namespace qmn
