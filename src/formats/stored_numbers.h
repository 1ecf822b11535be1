// SPDX-License-Identifier: Apache-2.0
// formats/stored_numbers.h   Numbers as model files of all formats store them, packed and little-endian → double.
#pragma once

#include "formats/draft.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace qmn {

/// Wider than ElementType: floats of every width become float32. A boolean takes a byte.
enum class StoredType { float32, float64, float16, int64, int32, int16, int8, uint8, boolean };

ElementType element_type(StoredType type);

/// As many numbers as fit; the caller compares the count with what it expects.
std::vector<double> unpack(StoredType type, std::string_view bytes);

/// IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction.
double half_to_double(std::uint16_t bits);

}  // namespace qmn
