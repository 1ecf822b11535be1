// SPDX-License-Identifier: Apache-2.0
#include "simulate/x86_plane.h"

#include "simulate/x86.h"

#include <algorithm>

#if QMN_HAS_X86

namespace qmn {
namespace {

/// `count` values, int16 as they are, int8 widened.
QMN_AVX2 void widen(const std::int8_t* from, bool is_wide, std::size_t count, std::int16_t* to) {
  if (is_wide) {
    std::copy_n(from, 2 * count, reinterpret_cast<std::int8_t*>(to));
    return;
  }
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), _mm256_cvtepi8_epi16(bytes));
  }
  for (; i < count; ++i) to[i] = from[i];
}

std::int16_t value_at(const std::int8_t* values, bool is_wide, std::size_t index) {
  return is_wide ? reinterpret_cast<const std::int16_t*>(values)[index] : values[index];
}

}  // namespace

void X86Plane::fill(const std::int8_t* input, std::int16_t* plane) const {
  const auto pixel = static_cast<std::size_t>(channels), in_pixel = static_cast<std::size_t>(in_c);
  const auto row = static_cast<std::size_t>(width) * pixel, in_row = static_cast<std::size_t>(in_w) * in_pixel;
  const std::size_t value_bytes = is_wide ? 2 : 1;
  const bool has_gaps = height != in_h || width != in_w || channels != in_c * multiplier;
  const std::size_t used = has_gaps ? 0 : static_cast<std::size_t>(height) * row;
  std::fill_n(plane + used, value_count() - used, std::int16_t{0});
  std::int16_t* to = plane + static_cast<std::size_t>(top) * row + static_cast<std::size_t>(left) * pixel;
  if (!has_gaps && multiplier == 1) return widen(input, is_wide, used, to);
  for (int y = 0; y < in_h; ++y, to += row, input += in_row * value_bytes) {
    if (channels == in_c) {
      widen(input, is_wide, in_row, to);
      continue;
    }
    for (std::size_t x = 0; x < static_cast<std::size_t>(in_w); ++x) {
      if (multiplier == 1) {
        widen(input + x * in_pixel * value_bytes, is_wide, in_pixel, to + x * pixel);
        continue;
      }
      std::int16_t* copies = to + x * pixel;
      for (std::size_t c = 0; c < in_pixel; ++c, copies += multiplier) std::fill_n(copies, multiplier, value_at(input, is_wide, x * in_pixel + c));
    }
  }
}

}  // namespace qmn

#endif
