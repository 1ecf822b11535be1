// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_draft_tensor.h"

#include "base/error.h"
#include "formats/little_endian.h"
#include "graph/shape_rules.h"

namespace qmn {
namespace {

using Proto = onnx::TensorProto;

std::vector<double> raw_numbers(int type, const std::string& raw) {
  switch (type) {
    case Proto::FLOAT:
      return little_endian::numbers<float>(raw);
    case Proto::DOUBLE:
      return little_endian::numbers<double>(raw);
    case Proto::FLOAT16:
      return little_endian::half_numbers(raw);
    case Proto::INT64:
      return little_endian::numbers<std::int64_t>(raw);
    case Proto::INT32:
      return little_endian::numbers<std::int32_t>(raw);
    case Proto::INT16:
      return little_endian::numbers<std::int16_t>(raw);
    case Proto::INT8:
      return little_endian::numbers<std::int8_t>(raw);
    default:
      return little_endian::numbers<std::uint8_t>(raw);
  }
}

template <class List>
std::vector<double> listed(const List& list) {
  return {list.begin(), list.end()};
}

std::vector<double> field_numbers(const Proto& proto) {
  switch (proto.data_type()) {
    case Proto::FLOAT:
      return listed(proto.float_data());
    case Proto::DOUBLE:
      return listed(proto.double_data());
    case Proto::INT64: {
      std::vector<double> out;
      for (const std::int64_t number : proto.int64_data()) out.push_back(static_cast<double>(number));
      return out;
    }
    case Proto::FLOAT16: {
      std::vector<double> out;
      for (const int bits : proto.int32_data()) out.push_back(little_endian::half(static_cast<std::uint16_t>(bits)));
      return out;
    }
    default:
      return listed(proto.int32_data());
  }
}

}  // namespace

std::optional<ElementType> draft_element_type(int onnx_type) {
  switch (onnx_type) {
    case Proto::FLOAT:
    case Proto::DOUBLE:
    case Proto::FLOAT16:
      return ElementType::float32;
    case Proto::INT64:
      return ElementType::int64;
    case Proto::INT32:
      return ElementType::int32;
    case Proto::INT16:
      return ElementType::int16;
    case Proto::INT8:
      return ElementType::int8;
    case Proto::UINT8:
      return ElementType::uint8;
    case Proto::BOOL:
      return ElementType::boolean;
    default:
      return std::nullopt;
  }
}

DraftTensor decode_draft_tensor(const Proto& proto, const std::string& name) {
  if (proto.data_location() == Proto::EXTERNAL || proto.external_data_size() > 0)
    fail_data("the tensor {} lies in another file: save the model with its weights inside", name);
  const std::optional<ElementType> type = draft_element_type(proto.data_type());
  if (!type) fail_data("the tensor {} has the element type {}, which is not supported: float32 is needed", name, Proto::DataType_Name(proto.data_type()));
  constexpr int kMaxRank = 6;
  if (proto.dims_size() > kMaxRank) fail_data("the tensor {} has {} dimensions (at most {})", name, proto.dims_size(), kMaxRank);
  DraftTensor out{*type, {}, {}};
  std::int64_t count = 1;
  for (const std::int64_t extent : proto.dims()) {
    if (extent < 0 || extent > kMaxElements) fail_data("the tensor {} has an extent of {} (0 to {} are possible)", name, extent, kMaxElements);
    count *= extent;  // below 2^48
    if (count > kMaxElements) fail_data("the tensor {} has more than {} elements", name, kMaxElements);
    out.shape.push_back(extent);
  }
  out.numbers = proto.has_raw_data() ? raw_numbers(proto.data_type(), proto.raw_data()) : field_numbers(proto);
  if (static_cast<std::int64_t>(out.numbers.size()) != count) fail_data("the tensor {} of shape {} holds {} numbers", name, to_string(out.shape), out.numbers.size());
  return out;
}

}  // namespace qmn
