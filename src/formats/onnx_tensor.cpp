// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_tensor.h"

#include "base/check.h"
#include "base/error.h"
#include "graph/shape_rules.h"

#include <bit>
#include <cstring>

namespace qmn {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

template <class T, class Out>
void copy_raw(const std::string& raw, std::vector<Out>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T element;
    std::memcpy(&element, raw.data() + i * sizeof(T), sizeof(T));
    out[i] = static_cast<Out>(element);
  }
}

template <class Field, class Out>
void copy_field(const Field& field, std::vector<Out>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<Out>(field.Get(static_cast<int>(i)));
}

std::size_t element_bytes(int type) {
  switch (type) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::INT32:
      return 4;
    case onnx::TensorProto::INT64:
      return 8;
    case onnx::TensorProto::INT16:
      return 2;
    case onnx::TensorProto::INT8:
    case onnx::TensorProto::UINT8:
    case onnx::TensorProto::BOOL:
      return 1;
    default:
      return 0;
  }
}

Shape shape_of(const onnx::TensorProto& proto, const std::string& name) {
  constexpr int kMaxRank = 6;
  if (proto.dims_size() > kMaxRank) fail_data("the tensor {} has {} dimensions (at most {})", name, proto.dims_size(), kMaxRank);
  Shape shape;
  std::int64_t count = 1;
  for (std::int64_t extent : proto.dims()) {
    if (extent < 0 || extent > kMaxElements)
      fail_data("the tensor {} has an extent of {} (0 to {} are possible)", name, extent, kMaxElements);
    count *= extent;  // below 2^48
    if (count > kMaxElements) fail_data("the tensor {} has more than {} elements", name, kMaxElements);
    shape.push_back(extent);
  }
  return shape;
}

void decode_raw(const std::string& raw, OnnxTensor& out) {
  switch (out.type) {
    case onnx::TensorProto::FLOAT:
      return copy_raw<float>(raw, out.reals);
    case onnx::TensorProto::INT64:
      return copy_raw<std::int64_t>(raw, out.integers);
    case onnx::TensorProto::INT32:
      return copy_raw<std::int32_t>(raw, out.integers);
    case onnx::TensorProto::INT16:
      return copy_raw<std::int16_t>(raw, out.integers);
    case onnx::TensorProto::INT8:
      return copy_raw<std::int8_t>(raw, out.integers);
    default:
      return copy_raw<std::uint8_t>(raw, out.integers);
  }
}

void decode_fields(const onnx::TensorProto& proto, OnnxTensor& out) {
  switch (out.type) {
    case onnx::TensorProto::FLOAT:
      return copy_field(proto.float_data(), out.reals);
    case onnx::TensorProto::INT64:
      return copy_field(proto.int64_data(), out.integers);
    default:
      return copy_field(proto.int32_data(), out.integers);
  }
}

}  // namespace

OnnxTensor decode(const onnx::TensorProto& proto, const std::string& name) {
  if (proto.data_location() == onnx::TensorProto::EXTERNAL || proto.external_data_size() > 0) {
    fail_data("the tensor {} lies in another file: save the model with its weights inside", name);
  }
  const std::size_t bytes_each = element_bytes(proto.data_type());
  if (bytes_each == 0)
    fail_data("the tensor {} has the element type {}: float32 is needed", name, onnx::TensorProto::DataType_Name(proto.data_type()));
  OnnxTensor out{.type = proto.data_type(), .shape = shape_of(proto, name), .reals = {}, .integers = {}};
  const auto count = static_cast<std::size_t>(element_count(out.shape));
  const int field_count = out.is_float()                         ? proto.float_data_size()
                          : out.type == onnx::TensorProto::INT64 ? proto.int64_data_size()
                                                                 : proto.int32_data_size();
  const std::size_t held = proto.has_raw_data() ? proto.raw_data().size() / bytes_each : static_cast<std::size_t>(field_count);
  if (held != count || (proto.has_raw_data() && proto.raw_data().size() % bytes_each != 0)) {
    fail_data("the tensor {} of shape {} holds {} numbers", name, to_string(out.shape), held);
  }
  if (out.is_float()) {
    out.reals.resize(count);
  } else {
    out.integers.resize(count);
  }
  if (proto.has_raw_data()) {
    decode_raw(proto.raw_data(), out);
  } else {
    decode_fields(proto, out);
  }
  return out;
}

void encode_float(const Shape& shape, std::span<const float> reals, onnx::TensorProto& out) {
  out.set_data_type(onnx::TensorProto::FLOAT);
  for (std::int64_t extent : shape) out.add_dims(extent);
  out.mutable_raw_data()->assign(reinterpret_cast<const char*>(reals.data()), reals.size_bytes());
}

void encode_integers(int type, const Shape& shape, std::span<const std::int64_t> integers, onnx::TensorProto& out) {
  const std::size_t bytes_each = element_bytes(type);
  QMN_CHECK(bytes_each == 1 || bytes_each == 2 || bytes_each == 4 || bytes_each == 8, "an integer type");
  out.set_data_type(type);
  for (std::int64_t extent : shape) out.add_dims(extent);
  std::string& raw = *out.mutable_raw_data();
  raw.reserve(integers.size() * bytes_each);
  for (std::int64_t integer : integers) raw.append(reinterpret_cast<const char*>(&integer), bytes_each);  // little-endian: the low bytes
}

}  // namespace qmn
