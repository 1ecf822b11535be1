// SPDX-License-Identifier: Apache-2.0
// program/cmsis_nn_s8.h   The current API of CMSIS-NN: 32-bit biases, a shift for each channel, fused clips.
#pragma once

#include "program/program.h"

#include <optional>
#include <string>

namespace qmn::s8 {

std::optional<std::string> obstacle(const Program& program, const Kernel& kernel, bool has_helium);
/// Pre: no obstacle.
std::string function(const Kernel& kernel);
std::int64_t scratch_bytes(const Program& program, const Kernel& kernel, bool has_helium);

}  // namespace qmn::s8
