// SPDX-License-Identifier: Apache-2.0
// passes/prepare_for_inference.cpp     before: conv → batch_norm → relu → dropout …     after: conv with Activation::relu …
// Dropout goes first, so that it cannot stand between a layer and its batch norm. A prepared graph is left as it is, ids included.
#include "passes/passes.h"

namespace qmn {

Graph prepare_for_inference(Graph graph, bool splits_gates) {
  remove_dropout(graph);
  fold_batch_norm(graph);
  fuse_activation(graph);
  if (splits_gates) split_gates(graph);
  remove_unused(graph);
  verify(graph);
  return graph;
}

}  // namespace qmn
