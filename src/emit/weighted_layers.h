// SPDX-License-Identifier: Apache-2.0
// emit/weighted_layers.h   The C of convolutions and fully connected layers: constants in the order of the form that runs, a parameter struct,
// and the call.
#pragma once

#include "emit/layer_text.h"

namespace qmn {

void write_layer(LayerText& text, const Conv2dKernel& kernel);
void write_layer(LayerText& text, const DepthwiseConv2dKernel& kernel);
void write_layer(LayerText& text, const FullyConnectedKernel& kernel);

}  // namespace qmn
