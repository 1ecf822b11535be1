// SPDX-License-Identifier: Apache-2.0
// formats/onnx_draft.h   An ONNX model of any exporter, opset 7 to 17 → Draft. Untrusted bytes.
//
// What changed between operator sets is brought to 13: attributes that became inputs, the Softmax that flattened. Models that qmn wrote
// itself are read by onnx_format.h.
#pragma once

#include "formats/draft.h"

#include <string>
#include <vector>

namespace qmn {

/// `output`: the value to read up to; empty: the graph's own. Error (data), one line that opens with the file's name.
ForeignModel parse_onnx_draft(const std::string& bytes, const std::string& file_name, const std::string& output = {});

/// True for a model that qmn wrote.
bool is_own_onnx(const std::string& bytes);

}  // namespace qmn
