// SPDX-License-Identifier: Apache-2.0
// emit/cmsis_nn_q7_layers.h   The C of kernels that run in the legacy API of CMSIS-NN.
#pragma once

#include "emit/layer_text.h"

namespace qmn::q7 {

void write_layer(LayerText& text, const Kernel& kernel);

}  // namespace qmn::q7
