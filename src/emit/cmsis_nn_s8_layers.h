// SPDX-License-Identifier: Apache-2.0
// emit/cmsis_nn_s8_layers.h   The C of kernels that run in the current API of CMSIS-NN.
#pragma once

#include "emit/layer_text.h"

#include <string>

namespace qmn::s8 {

/// Returns the scratch that the library asks for as C, or an empty string.
std::string write_layer(LayerText& text, const Kernel& kernel);

}  // namespace qmn::s8
