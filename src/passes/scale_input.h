// SPDX-License-Identifier: Apache-2.0
// passes/scale_input.h   Powers of two between the front end and the first layer, one for each coefficient.
#pragma once

#include "graph/graph.h"

#include <vector>

namespace qmn {

/// Whether the layers that read the input have a weight of their own for each value of it, or of each step: they are fully connected, with
/// nothing but Flatten, a Scan along the frames, or a Concat of rows before them. A convolution that slides along the coefficients shares
/// its weights among them.
bool can_scale_input(const Graph& graph);

/// For inputs that come times 2^-shifts[c], c the index along the last axis: the same function, bit for bit. Pre: can_scale_input.
void scale_input(Graph& graph, const std::vector<int>& shifts);

}  // namespace qmn
