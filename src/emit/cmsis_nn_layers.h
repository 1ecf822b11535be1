// SPDX-License-Identifier: Apache-2.0
// emit/cmsis_nn_layers.h   The C of kernels that run in CMSIS-NN (program/cmsis_nn.h): constants as its functions read them, its parameter
// structs, and the call.
#pragma once

#include "emit/layer_text.h"

#include <string>

namespace qmn {

/// The array of equal multipliers that the layers of the s8 API share.
inline constexpr const char* kMultipliersName = "multipliers";
/// Its C; nothing where no layer needs it.
void write_cmsis_nn_multipliers(LayerText& text);

/// Pre: the kernel runs in CMSIS-NN under the plan's variant. Of the s8 API returns how much scratch the library that is linked asks for, as C,
/// where it asks for any: "arm_convolve_wrapper_s8_get_buffer_size(…)".
std::string write_cmsis_nn_layer(LayerText& text, const Kernel& kernel);

/// What of the s8 API a start-up asks of the library that is linked: whether it rounds once, which its headers cannot tell, and whether the
/// scratch is enough. `checks` are C expressions that count a fault each. Declares int32_t <function>(void) as the header does.
std::string cmsis_nn_check_text(const Program& program, KernelVariant variant, const std::string& function, const std::vector<std::string>& checks);

}  // namespace qmn
