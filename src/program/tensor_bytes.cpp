// SPDX-License-Identifier: Apache-2.0
#include "program/tensor_bytes.h"

#include "base/check.h"

#include <bit>

namespace qmn {
namespace {

static_assert(std::endian::native == std::endian::little, "the simulator shares its memory with kernels that read int16");

bool is_wide(QFormat format) {
  QMN_CHECK(format.total_bits == 8 || format.total_bits == 16, "activations have 8 or 16 bits");
  return format.total_bits == 16;
}

}  // namespace

TensorBytes tensor_bytes(std::span<const std::int32_t> raw, QFormat format) {
  const bool has_two = is_wide(format);
  TensorBytes bytes;
  bytes.reserve(raw.size() * (has_two ? 2 : 1));
  for (const std::int32_t value : raw) {
    QMN_CHECK(value >= format.raw_min() && value <= format.raw_max(), "raw values lie within their format");
    bytes.push_back(static_cast<std::int8_t>(value & 0xff));
    if (has_two) bytes.push_back(static_cast<std::int8_t>(value >> 8));
  }
  return bytes;
}

std::vector<std::int32_t> raw_values(std::span<const std::int8_t> bytes, QFormat format) {
  if (!is_wide(format)) return {bytes.begin(), bytes.end()};
  QMN_CHECK(bytes.size() % 2 == 0, "int16 values have two bytes");
  std::vector<std::int32_t> raw;
  raw.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); i += 2) raw.push_back(bytes[i + 1] * 256 + static_cast<std::uint8_t>(bytes[i]));
  return raw;
}

}  // namespace qmn
