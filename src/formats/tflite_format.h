// SPDX-License-Identifier: Apache-2.0
// formats/tflite_format.h   A TFLite model (.tflite) → Draft. Untrusted bytes.
//
// Everything becomes float: constants of integers with scales are multiplied out, and in a fully integer model the activations lose their
// scales (a note says so): qmn chooses formats of its own.
#pragma once

#include "formats/draft.h"

#include <string>
#include <vector>

namespace qmn {

/// `output`: the tensor to read up to; empty: the subgraph's own. Error (data), one line that opens with the file's name.
ForeignModel parse_tflite(const std::string& bytes, const std::string& file_name, const std::string& output = {});

/// The operators that parse_tflite translates; others stand in the draft under their own name.
std::vector<std::string> tflite_operators();

}  // namespace qmn
