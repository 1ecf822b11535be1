// SPDX-License-Identifier: Apache-2.0
// import/recurrent.h   LSTM and GRU of ONNX as the Scan of their own definition.
#pragma once

#include "import/operators.h"

namespace qmn {

bool is_recurrent(const std::string& op);

/// Nodes and constants that compute the same outputs. Error (data), naming the node: other activations than the default ones, the reverse
/// direction, sequences of different length, parameters that are computed.
Draft expand_recurrent(const OperatorCall& call);

}  // namespace qmn
