// SPDX-License-Identifier: Apache-2.0
// formats/tflite_constants.cpp   The numbers of a tensor.
//   real = scale · (raw - zero_point), one scale and zero point for the tensor or one for each slice of quantized_dimension
#include "formats/stored_numbers.h"
#include "formats/tflite_reader.h"
#include "graph/shape_rules.h"

#include <map>

namespace qmn {
namespace {

StoredType stored_type(const tflite::Tensor& tensor, const std::string& name) {
  static const std::map<int, StoredType> kTypes{{0, StoredType::float32}, {1, StoredType::float16}, {2, StoredType::int32},
                                                {3, StoredType::uint8},   {4, StoredType::int64},   {6, StoredType::boolean},
                                                {7, StoredType::int16},   {9, StoredType::int8}};
  const auto at = kTypes.find(static_cast<int>(tensor.type()));
  if (at == kTypes.end()) fail_data("the tensor {} has the element type {}, which is not supported", name, static_cast<int>(tensor.type()));
  return at->second;
}

Shape shape_of(const tflite::Tensor& tensor, const std::string& name) {
  Shape shape;
  std::int64_t count = 1;
  constexpr std::size_t kMaxRank = 6;
  if (tensor.shape() == nullptr) return shape;
  if (tensor.shape()->size() > kMaxRank) fail_data("the tensor {} has {} dimensions (at most {})", name, tensor.shape()->size(), kMaxRank);
  for (const int extent : *tensor.shape()) {
    if (extent < 0 || extent > kMaxElements) fail_data("the tensor {} has an extent of {} (0 to {} are possible)", name, extent, kMaxElements);
    count *= extent;
    if (count > kMaxElements) fail_data("the tensor {} has more than {} elements", name, kMaxElements);
    shape.push_back(extent);
  }
  return shape;
}

void dequantize(const tflite::Quantization& quantization, const std::string& name, DraftTensor& out) {
  const auto& scales = *quantization.scale();
  const auto* zeros = quantization.zero_point();
  const auto axis = static_cast<std::size_t>(quantization.quantized_dimension());
  const bool is_per_slice = scales.size() > 1;
  if (is_per_slice && (quantization.quantized_dimension() < 0 || axis >= out.shape.size() || out.shape[axis] != static_cast<std::int64_t>(scales.size())))
    fail_data("the tensor {} of shape {} has {} scales along dimension {}", name, to_string(out.shape), scales.size(), quantization.quantized_dimension());
  if (zeros != nullptr && zeros->size() != 0 && zeros->size() != scales.size())
    fail_data("the tensor {} has {} scales and {} zero points", name, scales.size(), zeros->size());
  const std::size_t slice = is_per_slice ? static_cast<std::size_t>(element_count({out.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, out.shape.end()})) : 1;
  for (std::size_t i = 0; i < out.numbers.size(); ++i) {
    const auto channel = static_cast<flatbuffers::uoffset_t>(is_per_slice ? i / slice % scales.size() : 0);
    const double zero = zeros == nullptr || zeros->size() == 0 ? 0 : static_cast<double>(zeros->Get(channel));
    out.numbers[i] = static_cast<double>(scales.Get(channel)) * (out.numbers[i] - zero);
  }
  out.type = ElementType::float32;
}

}  // namespace

ElementType TfliteReader::element_type(const tflite::Tensor& tensor, const std::string& name) { return qmn::element_type(stored_type(tensor, name)); }

std::optional<DraftTensor> TfliteReader::numbers_of(const tflite::Tensor& tensor, const std::string& name) {
  const auto* buffers = model_.buffers();
  if (buffers == nullptr || tensor.buffer() >= buffers->size())
    fail_data("the tensor {} lies in buffer {}, of which there are {}", name, tensor.buffer(), buffers == nullptr ? 0 : buffers->size());
  const tflite::Buffer* buffer = buffers->Get(tensor.buffer());
  if (tensor.buffer() == 0 || buffer == nullptr || buffer->data() == nullptr || buffer->data()->size() == 0) return std::nullopt;
  if (tensor.sparsity() != nullptr) fail_data("the tensor {} is stored sparsely, which is not supported: convert the model with dense weights", name);
  DraftTensor out{element_type(tensor, name), shape_of(tensor, name), {}};
  out.numbers = unpack(stored_type(tensor, name), {reinterpret_cast<const char*>(buffer->data()->data()), buffer->data()->size()});
  if (static_cast<std::int64_t>(out.numbers.size()) != element_count(out.shape))
    fail_data("the tensor {} of shape {} holds {} numbers", name, to_string(out.shape), out.numbers.size());
  const tflite::Quantization* quantization = tensor.quantization();
  if (!out.is_float() && quantization != nullptr && quantization->scale() != nullptr && quantization->scale()->size() > 0) {
    dequantize(*quantization, name, out);
    has_dequantized_ = true;
  }
  return out;
}

}  // namespace qmn
