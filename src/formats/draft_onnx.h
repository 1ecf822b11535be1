// SPDX-License-Identifier: Apache-2.0
// formats/draft_onnx.h   Draft → the bytes of an ONNX model (opset 13): how a draft that is clean enough becomes a Graph, through the one reader
// that makes Graphs (onnx_format.h).
#pragma once

#include "formats/draft.h"

#include <string>

namespace qmn {

std::string serialize_draft(const Draft& draft);

}  // namespace qmn
