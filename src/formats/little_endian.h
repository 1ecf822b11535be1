// SPDX-License-Identifier: Apache-2.0
// formats/little_endian.h   Packed little-endian numbers of a file → double.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace qmn::little_endian {

static_assert(std::endian::native == std::endian::little, "numbers in files are little-endian");

/// As many numbers as fit; the caller compares the count with what it expects.
template <class T>
std::vector<double> numbers(std::string_view bytes) {
  std::vector<double> out(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < out.size(); ++i) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    out[i] = static_cast<double>(element);
  }
  return out;
}

/// IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction.
inline double half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const double magnitude = exponent == 31  ? (fraction != 0 ? std::nan("") : HUGE_VAL)
                           : exponent == 0 ? std::ldexp(fraction, -24)
                                           : std::ldexp(1024 + fraction, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

inline std::vector<double> half_numbers(std::string_view bytes) {
  std::vector<double> out;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    std::uint16_t bits;
    std::memcpy(&bits, bytes.data() + i, sizeof(bits));
    out.push_back(half(bits));
  }
  return out;
}

}  // namespace qmn::little_endian
