// SPDX-License-Identifier: Apache-2.0
// formats/onnx_tensor.h   TensorProto ↔ numbers.
#pragma once

#include "graph/graph.h"

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

/// A decoded constant: `reals` when its type is FLOAT, else `integers`.
struct OnnxTensor {
  int type = onnx::TensorProto::UNDEFINED;
  Shape shape;  ///< empty: a scalar; an extent may be 0
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  bool is_float() const { return type == onnx::TensorProto::FLOAT; }
  std::size_t size() const { return is_float() ? reals.size() : integers.size(); }
};

/// Error (data) naming the tensor: external data, an unsupported type, a shape that its data do not fill.
OnnxTensor decode(const onnx::TensorProto& proto, const std::string& name);

void encode_float(const Shape& shape, std::span<const float> reals, onnx::TensorProto& out);
/// `type` is INT8, INT16, INT32 or INT64; the integers lie within it.
void encode_integers(int type, const Shape& shape, std::span<const std::int64_t> integers, onnx::TensorProto& out);

}  // namespace qmn
