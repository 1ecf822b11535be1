// SPDX-License-Identifier: Apache-2.0
#include "formats/tensorflow_tensor.h"

#include "base/error.h"
#include "formats/little_endian.h"
#include "graph/shape_rules.h"

namespace qmn {
namespace {

enum DataType { kFloat = 1, kDouble = 2, kInt32 = 3, kUint8 = 4, kInt16 = 5, kInt8 = 6, kInt64 = 9, kBool = 10, kHalf = 19 };

ElementType element_type(int dtype, const std::string& name) {
  switch (dtype) {
    case kFloat:
    case kDouble:
    case kHalf:
      return ElementType::float32;
    case kInt32:
      return ElementType::int32;
    case kInt64:
      return ElementType::int64;
    case kInt16:
      return ElementType::int16;
    case kInt8:
      return ElementType::int8;
    case kUint8:
      return ElementType::uint8;
    case kBool:
      return ElementType::boolean;
    default:
      fail_data("the tensor {} has the element type {}, which is not supported: float32 is needed", name, dtype);
  }
}

std::vector<double> content_numbers(int dtype, const std::string& bytes) {
  switch (dtype) {
    case kFloat:
      return little_endian::numbers<float>(bytes);
    case kDouble:
      return little_endian::numbers<double>(bytes);
    case kHalf:
      return little_endian::half_numbers(bytes);
    case kInt32:
      return little_endian::numbers<std::int32_t>(bytes);
    case kInt64:
      return little_endian::numbers<std::int64_t>(bytes);
    case kInt16:
      return little_endian::numbers<std::int16_t>(bytes);
    case kInt8:
      return little_endian::numbers<std::int8_t>(bytes);
    default:
      return little_endian::numbers<std::uint8_t>(bytes);
  }
}

template <class List>
std::vector<double> listed(const List& list) {
  std::vector<double> out;
  for (const auto number : list) out.push_back(static_cast<double>(number));
  return out;
}

std::vector<double> listed_numbers(const tensorflow::Tensor& proto) {
  switch (proto.dtype()) {
    case kFloat:
      return listed(proto.float_val());
    case kDouble:
      return listed(proto.double_val());
    case kInt64:
      return listed(proto.int64_val());
    case kBool:
      return listed(proto.bool_val());
    case kHalf: {
      std::vector<double> out;
      for (const int bits : proto.half_val()) out.push_back(little_endian::half(static_cast<std::uint16_t>(bits)));
      return out;
    }
    default:
      return listed(proto.int_val());
  }
}

}  // namespace

Shape decode(const tensorflow::TensorShape& proto, const std::string& name) {
  constexpr int kMaxRank = 6;
  if (proto.dim_size() > kMaxRank) fail_data("the tensor {} has {} dimensions (at most {})", name, proto.dim_size(), kMaxRank);
  Shape shape;
  std::int64_t count = 1;
  for (const auto& dim : proto.dim()) {
    if (dim.size() < -1 || dim.size() > kMaxElements) fail_data("the tensor {} has an extent of {} (at most {})", name, dim.size(), kMaxElements);
    if (dim.size() > 0) count *= dim.size();
    if (count > kMaxElements) fail_data("the tensor {} has more than {} elements", name, kMaxElements);
    shape.push_back(dim.size());
  }
  return shape;
}

DraftTensor decode(const tensorflow::Tensor& proto, const std::string& name) {
  DraftTensor out{element_type(proto.dtype(), name), decode(proto.tensor_shape(), name), {}};
  for (std::int64_t extent : out.shape) {
    if (extent < 0) fail_data("the tensor {} is a constant of unknown shape", name);
  }
  const auto count = static_cast<std::size_t>(element_count(out.shape));
  out.numbers = proto.tensor_content().empty() ? listed_numbers(proto) : content_numbers(proto.dtype(), proto.tensor_content());
  if (proto.tensor_content().empty() && out.numbers.size() < count) out.numbers.resize(count, out.numbers.empty() ? 0 : out.numbers.back());
  if (out.numbers.size() != count) fail_data("the tensor {} of shape {} holds {} numbers", name, to_string(out.shape), out.numbers.size());
  return out;
}

}  // namespace qmn
