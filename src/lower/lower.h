// SPDX-License-Identifier: Apache-2.0
// lower/lower.h   Graph + formats → Program: the one place where formats become shifts and NCHW becomes NHWC.
#pragma once

#include "graph/quantization.h"
#include "program/program.h"

namespace qmn {

struct LowerOptions {
  bool adds_softmax = true;  ///< scores behind the logits when the graph does not end with a Softmax; not where the outputs are values
};

/// Error (data), by node name: a value without a format, a negative shift (quantize/legalize never leaves one), an operator without a
/// kernel, or an accumulator that could leave int32 for some input.
Program lower(const Model& model, const LowerOptions& options = {});

}  // namespace qmn
