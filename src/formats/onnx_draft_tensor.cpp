// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_draft_tensor.h"

#include "base/error.h"
#include "formats/stored_numbers.h"
#include "graph/shape_rules.h"

#include <map>

namespace qmn {
namespace {

using Proto = onnx::TensorProto;

std::optional<StoredType> stored_type(int onnx_type) {
  static const std::map<int, StoredType> kTypes{{Proto::FLOAT, StoredType::float32}, {Proto::DOUBLE, StoredType::float64}, {Proto::FLOAT16, StoredType::float16},
                                                {Proto::INT64, StoredType::int64},   {Proto::INT32, StoredType::int32},    {Proto::INT16, StoredType::int16},
                                                {Proto::INT8, StoredType::int8},     {Proto::UINT8, StoredType::uint8},    {Proto::BOOL, StoredType::boolean}};
  const auto at = kTypes.find(onnx_type);
  return at == kTypes.end() ? std::nullopt : std::optional(at->second);
}

template <class List>
std::vector<double> listed(const List& list) {
  std::vector<double> out;
  for (const auto number : list) out.push_back(static_cast<double>(number));
  return out;
}

std::vector<double> field_numbers(const Proto& proto, StoredType type) {
  switch (type) {
    case StoredType::float32:
      return listed(proto.float_data());
    case StoredType::float64:
      return listed(proto.double_data());
    case StoredType::int64:
      return listed(proto.int64_data());
    case StoredType::float16: {
      std::vector<double> out;
      for (const int bits : proto.int32_data()) out.push_back(half_to_double(static_cast<std::uint16_t>(bits)));
      return out;
    }
    default:
      return listed(proto.int32_data());
  }
}

}  // namespace

std::optional<ElementType> draft_element_type(int onnx_type) {
  const std::optional<StoredType> type = stored_type(onnx_type);
  return type ? std::optional(element_type(*type)) : std::nullopt;
}

DraftTensor decode_draft_tensor(const Proto& proto, const std::string& name) {
  if (proto.data_location() == Proto::EXTERNAL || proto.external_data_size() > 0)
    fail_data("the tensor {} lies in another file: save the model with its weights inside", name);
  const std::optional<StoredType> type = stored_type(proto.data_type());
  if (!type) fail_data("the tensor {} has the element type {}, which is not supported: float32 is needed", name, Proto::DataType_Name(proto.data_type()));
  constexpr int kMaxRank = 6;
  if (proto.dims_size() > kMaxRank) fail_data("the tensor {} has {} dimensions (at most {})", name, proto.dims_size(), kMaxRank);
  DraftTensor out{element_type(*type), {}, {}};
  std::int64_t count = 1;
  for (const std::int64_t extent : proto.dims()) {
    if (extent < 0 || extent > kMaxElements) fail_data("the tensor {} has an extent of {} (0 to {} are possible)", name, extent, kMaxElements);
    count *= extent;  // below 2^48
    if (count > kMaxElements) fail_data("the tensor {} has more than {} elements", name, kMaxElements);
    out.shape.push_back(extent);
  }
  out.numbers = proto.has_raw_data() ? unpack(*type, proto.raw_data()) : field_numbers(proto, *type);
  if (static_cast<std::int64_t>(out.numbers.size()) != count) fail_data("the tensor {} of shape {} holds {} numbers", name, to_string(out.shape), out.numbers.size());
  return out;
}

}  // namespace qmn
