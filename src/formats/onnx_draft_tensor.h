// SPDX-License-Identifier: Apache-2.0
// formats/onnx_draft_tensor.h   ONNX's TensorProto, of any element type → numbers.
#pragma once

#include "formats/draft.h"

#include <onnx/onnx_pb.h>

namespace qmn {

/// Error (data) naming the tensor: external data, an unsupported type, a shape that its data do not fill.
DraftTensor decode_draft_tensor(const onnx::TensorProto& proto, const std::string& name);

/// Nothing: not supported.
std::optional<ElementType> draft_element_type(int onnx_type);

}  // namespace qmn
