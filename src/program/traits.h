// SPDX-License-Identifier: Apache-2.0
// program/traits.h   Which form of a kernel runs under a variant, and what that form asks of the memory plan.
//
// Under `dsp` a kernel runs its dsp form where there is one (runtime/qmn_kernels_dsp.h): of int8 or int16; depthwise with as many outputs
// as inputs and without dilation, average pools of int8, of whole words and up to 255 values a window. Every other kernel runs its reference.
// Under `mve` it runs its mve form where there is one (runtime/qmn_kernels_mve.h): int8 on both sides; depthwise as under dsp, up to 16 columns; else what
// it runs under dsp.
// Under a variant of CMSIS-NN a kernel runs there where it can, and never in place; else its reference.
#pragma once

#include "program/program.h"

namespace qmn {

struct KernelTraits {
  KernelVariant variant = KernelVariant::ref;  ///< the form that runs
  bool can_alias_input = false;                ///< may write its output over any one of its inputs that has the output's type and extents
  std::int64_t scratch_bytes = 0;              ///< beside input and output, holding nothing between two calls
};
KernelTraits traits_of(const Program& program, const Kernel& kernel, KernelVariant variant);

/// Whether the kernel's output may lie exactly where its `input` lies.
bool may_overwrite(const Program& program, const Kernel& kernel, TensorId input, KernelVariant variant);

/// Weights, biases and tables in flash, as the form that runs reads them; of a loop those of its body.
std::int64_t constant_bytes(const Program& program, const Kernel& kernel, KernelVariant variant);
/// Of the whole program.
std::int64_t constant_bytes(const Program& program, KernelVariant variant);

}  // namespace qmn
