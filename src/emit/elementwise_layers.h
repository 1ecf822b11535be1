// SPDX-License-Identifier: Apache-2.0
// emit/elementwise_layers.h   The C of the kernels of runtime/qmn_elementwise.h: constants, a parameter struct, and the call.
#pragma once

#include "emit/layer_text.h"

namespace qmn {

/// "name: what, operands -> output", as a comment above a layer.
void write_operation_comment(LayerText& text, const std::string& name, const std::string& what, const std::vector<TensorId>& inputs, TensorId output);
/// The right side of a sum or product as C: the tensor `right`, or, where it is -1, the constant, which is written.
std::string right_operand(LayerText& text, TensorId right, const ProgramConstant& constant);

void write_layer(LayerText& text, const AddKernel& kernel);
void write_layer(LayerText& text, const MulKernel& kernel);
void write_layer(LayerText& text, const LookupKernel& kernel);
void write_layer(LayerText& text, const InterpolateKernel& kernel);
void write_layer(LayerText& text, const CopyKernel& kernel);
void write_layer(LayerText& text, const ConcatKernel& kernel);
void write_layer(LayerText& text, const FillKernel& kernel);

}  // namespace qmn
