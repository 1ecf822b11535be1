// SPDX-License-Identifier: Apache-2.0
// emit/elementwise_layers.h   The C of the kernels of runtime/qmn_elementwise.h: constants, a parameter struct, and the call.
#pragma once

#include "emit/layer_text.h"

namespace qmn {

void write_layer(LayerText& text, const AddKernel& kernel);
void write_layer(LayerText& text, const MulKernel& kernel);
void write_layer(LayerText& text, const LookupKernel& kernel);
void write_layer(LayerText& text, const InterpolateKernel& kernel);
void write_layer(LayerText& text, const CopyKernel& kernel);
void write_layer(LayerText& text, const ConcatKernel& kernel);
void write_layer(LayerText& text, const FillKernel& kernel);

}  // namespace qmn
