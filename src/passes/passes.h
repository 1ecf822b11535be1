// SPDX-License-Identifier: Apache-2.0
// passes/passes.h   Graph → Graph rewrites, one .cpp each. Each says there before → after, its formula and when it fires.
#pragma once

#include "graph/graph.h"

namespace qmn {

void fold_batch_norm(Graph& graph);   ///< Conv/Gemm → BatchNormalization  ⇒  Conv/Gemm with other parameters
void fuse_activation(Graph& graph);   ///< Conv/Gemm/Add/Sub/Mul → Relu or Clip 0 … 6  ⇒  the layer with its Activation
void remove_dropout(Graph& graph);    ///< Dropout ⇒ nothing
void remove_unused(Graph& graph);     ///< drops values and initializers that nothing reads; ids change

/// What quantization and lowering start from: all of the above, in order, verified.
Graph prepare_for_inference(Graph graph);

}  // namespace qmn
