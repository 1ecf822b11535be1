// SPDX-License-Identifier: Apache-2.0
// formats/tensorflow_tensor.h   TensorFlow's TensorProto → numbers.
#pragma once

#include "formats/draft.h"

#include <tensorflow_graph.pb.h>

namespace qmn {

/// A list of values that is shorter than the shape repeats its last element (TensorFlow's tensor.proto); an empty one is all zero.
/// Error (data) naming the tensor: an unsupported type, a shape that its data do not fill, too many elements.
DraftTensor decode(const tensorflow::Tensor& proto, const std::string& name);

/// -1 for what is not known. Error (data): more than 6 dimensions, an extent beyond kMaxElements.
Shape decode(const tensorflow::TensorShape& proto, const std::string& name);

}  // namespace qmn
