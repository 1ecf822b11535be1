// SPDX-License-Identifier: Apache-2.0
// program/cmsis_nn_q7.h   The legacy API of CMSIS-NN (CMSIS 5.9.0): 8-bit biases, one shift a layer, sizes of 16 bits, no dilation.
// The preconditions are those of the documentation, and those that the assembly and the split into regions of the functions imply.
#pragma once

#include "program/program.h"

#include <optional>
#include <string>

namespace qmn::q7 {

std::optional<std::string> obstacle(const Program& program, const Kernel& kernel);
/// Pre: no obstacle.
std::string function(const Program& program, const Kernel& kernel);
std::int64_t scratch_bytes(const Program& program, const Kernel& kernel);

}  // namespace qmn::q7
