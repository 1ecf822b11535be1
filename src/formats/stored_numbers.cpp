// SPDX-License-Identifier: Apache-2.0
#include "formats/stored_numbers.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace qmn {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers in files are little-endian");

template <class T, class ToDouble>
std::vector<double> unpack_as(std::string_view bytes, ToDouble&& to_double) {
  std::vector<double> out(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < out.size(); ++i) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    out[i] = to_double(element);
  }
  return out;
}

template <class T>
std::vector<double> unpack_as(std::string_view bytes) {
  return unpack_as<T>(bytes, [](T element) { return static_cast<double>(element); });
}

}  // namespace

ElementType element_type(StoredType type) {
  switch (type) {
    case StoredType::float32:
    case StoredType::float64:
    case StoredType::float16:
      return ElementType::float32;
    case StoredType::int64:
      return ElementType::int64;
    case StoredType::int32:
      return ElementType::int32;
    case StoredType::int16:
      return ElementType::int16;
    case StoredType::int8:
      return ElementType::int8;
    case StoredType::uint8:
      return ElementType::uint8;
    case StoredType::boolean:
      break;
  }
  return ElementType::boolean;
}

std::vector<double> unpack(StoredType type, std::string_view bytes) {
  switch (type) {
    case StoredType::float32:
      return unpack_as<float>(bytes);
    case StoredType::float64:
      return unpack_as<double>(bytes);
    case StoredType::float16:
      return unpack_as<std::uint16_t>(bytes, half_to_double);
    case StoredType::int64:
      return unpack_as<std::int64_t>(bytes);
    case StoredType::int32:
      return unpack_as<std::int32_t>(bytes);
    case StoredType::int16:
      return unpack_as<std::int16_t>(bytes);
    case StoredType::int8:
      return unpack_as<std::int8_t>(bytes);
    case StoredType::uint8:
    case StoredType::boolean:
      break;
  }
  return unpack_as<std::uint8_t>(bytes);
}

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const double magnitude = exponent == 31  ? (fraction != 0 ? std::nan("") : HUGE_VAL)
                           : exponent == 0 ? std::ldexp(fraction, -24)
                                           : std::ldexp(1024 + fraction, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace qmn
