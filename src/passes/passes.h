// SPDX-License-Identifier: Apache-2.0
// passes/passes.h   Graph → Graph rewrites, one .cpp each. Each says there before → after, its formula and when it fires.
#pragma once

#include "graph/graph.h"

namespace qmn {

void fold_batch_norm(Graph& graph);   ///< Conv/Gemm → BatchNormalization  ⇒  Conv/Gemm with other parameters
void fuse_activation(Graph& graph);   ///< Conv/Gemm/Add/Sub/Mul → Relu or Clip 0 … 6  ⇒  the layer with its Activation
void remove_dropout(Graph& graph);    ///< Dropout ⇒ nothing
void split_gates(Graph& graph);       ///< Gemm → (Sigmoid or Tanh) → Slices  ⇒  a Gemm of its own for each part
void remove_unused(Graph& graph);     ///< drops values and initializers that nothing reads; ids change

/// What quantization and lowering start from: all of the above, in order, verified. A model that has formats already keeps its gates
/// together (`splits_gates` = false): their parts would have none.
Graph prepare_for_inference(Graph graph, bool splits_gates = true);

/// The graph without the Softmax that may end it: its output are the logits. Ids stay as they are.
Graph up_to_logits(Graph graph);

}  // namespace qmn
