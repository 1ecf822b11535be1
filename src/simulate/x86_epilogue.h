// SPDX-License-Identifier: Apache-2.0
// simulate/x86_epilogue.h   Accumulators of 16 output channels in two registers, from their biases to the output.
//
// Channels lie as vpackssdw joins them: 0-3 and 8-11 in the first register, 4-7 and 12-15 in the second.
#pragma once

#include "program/program.h"
#include "simulate/x86.h"

#if QMN_HAS_X86

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace qmn {

inline constexpr int kX86Channels = 16;
/// The channel of each of the 16 places.
inline constexpr std::array<int, kX86Channels> kX86Order{0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15};

QMN_AVX2_INLINE __m256i load_vector(const void* at) { return _mm256_loadu_si256(static_cast<const __m256i*>(at)); }

struct X86Sums {
  __m256i first, second;
};

class X86Epilogue {
 public:
  template <class K>
  X86Epilogue(const K& kernel, const ProgramTensor& out)
      : is_wide_(out.format.total_bits == 16), clip_min_(kernel.epilogue.clip_min), clip_max_(kernel.epilogue.clip_max) {
    const std::size_t channels = kernel.bias.values.size();
    for (std::size_t group = 0; group < channels; group += kX86Channels) {
      for (const int place : kX86Order) {
        const std::size_t channel = group + static_cast<std::size_t>(place);
        const int shift = channel < channels ? kernel.epilogue.shift_of(channel) : 0;
        const std::int64_t bias = channel < channels ? std::int64_t{kernel.bias.values[channel]} * (std::int64_t{1} << kernel.bias.shift) : 0;
        shifts_.push_back(shift);
        biases_.push_back(static_cast<std::int32_t>(bias + (std::int64_t{1} << shift >> 1)));  // within int32: accumulator_bound counts the rounding
      }
    }
  }

  std::size_t group_count() const { return biases_.size() / kX86Channels; }

  /// Biases with their rounding.
  QMN_AVX2_INLINE X86Sums start(std::size_t group) const { return load(biases_, group); }

  /// Requantizes, clips and stores `count` <= 16 channels of the group at the value `index` of the output.
  QMN_AVX2_INLINE void finish(const X86Sums& sums, std::size_t group, std::int8_t* output, std::size_t index, int count) const {
    const X86Sums shifts = load(shifts_, group);
    // Saturating to int16 first changes nothing: the bounds of the clip are int16.
    __m256i values = _mm256_packs_epi32(_mm256_srav_epi32(sums.first, shifts.first), _mm256_srav_epi32(sums.second, shifts.second));
    values = _mm256_min_epi16(_mm256_max_epi16(values, _mm256_set1_epi16(clip_min_)), _mm256_set1_epi16(clip_max_));
    if (is_wide_) {
      if (count == kX86Channels) return _mm256_storeu_si256(reinterpret_cast<__m256i*>(output + 2 * index), values);
      alignas(32) std::int16_t part[kX86Channels];
      _mm256_store_si256(reinterpret_cast<__m256i*>(part), values);
      std::memcpy(output + 2 * index, part, 2 * static_cast<std::size_t>(count));
    } else {
      const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
      if (count == kX86Channels) return _mm_storeu_si128(reinterpret_cast<__m128i*>(output + index), bytes);
      alignas(16) std::int8_t part[kX86Channels];
      _mm_store_si128(reinterpret_cast<__m128i*>(part), bytes);
      std::memcpy(output + index, part, static_cast<std::size_t>(count));
    }
  }

 private:
  QMN_AVX2_INLINE static X86Sums load(const std::vector<std::int32_t>& values, std::size_t group) {
    const std::int32_t* const at = values.data() + group * kX86Channels;
    return {load_vector(at), load_vector(at + kX86Channels / 2)};
  }

  bool is_wide_;
  std::int16_t clip_min_, clip_max_;
  std::vector<std::int32_t> biases_, shifts_;  ///< [group][16], in kX86Order
};

}  // namespace qmn

#endif
