// SPDX-License-Identifier: Apache-2.0
#include "formats/tensorflow_tensor.h"

#include "base/error.h"
#include "formats/stored_numbers.h"
#include "graph/shape_rules.h"

#include <map>

namespace qmn {
namespace {

StoredType stored_type(int dtype, const std::string& name) {
  static const std::map<int, StoredType> kTypes{{1, StoredType::float32}, {2, StoredType::float64}, {3, StoredType::int32},
                                                {4, StoredType::uint8},   {5, StoredType::int16},   {6, StoredType::int8},
                                                {9, StoredType::int64},   {10, StoredType::boolean}, {19, StoredType::float16}};
  const auto at = kTypes.find(dtype);
  if (at == kTypes.end()) fail_data("the tensor {} has the element type {}, which is not supported: float32 is needed", name, dtype);
  return at->second;
}

template <class List>
std::vector<double> listed(const List& list) {
  std::vector<double> out;
  for (const auto number : list) out.push_back(static_cast<double>(number));
  return out;
}

std::vector<double> listed_numbers(const tensorflow::Tensor& proto, StoredType type) {
  switch (type) {
    case StoredType::float32:
      return listed(proto.float_val());
    case StoredType::float64:
      return listed(proto.double_val());
    case StoredType::int64:
      return listed(proto.int64_val());
    case StoredType::boolean:
      return listed(proto.bool_val());
    case StoredType::float16: {
      std::vector<double> out;
      for (const int bits : proto.half_val()) out.push_back(half_to_double(static_cast<std::uint16_t>(bits)));
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
  const StoredType type = stored_type(proto.dtype(), name);
  DraftTensor out{element_type(type), decode(proto.tensor_shape(), name), {}};
  for (std::int64_t extent : out.shape) {
    if (extent < 0) fail_data("the tensor {} is a constant of unknown shape", name);
  }
  const auto count = static_cast<std::size_t>(element_count(out.shape));
  out.numbers = proto.tensor_content().empty() ? listed_numbers(proto, type) : unpack(type, proto.tensor_content());
  if (proto.tensor_content().empty() && out.numbers.size() < count) out.numbers.resize(count, out.numbers.empty() ? 0 : out.numbers.back());
  if (out.numbers.size() != count) fail_data("the tensor {} of shape {} holds {} numbers", name, to_string(out.shape), out.numbers.size());
  return out;
}

}  // namespace qmn
