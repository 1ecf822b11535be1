// SPDX-License-Identifier: Apache-2.0
// simulate/x86_average_pool.cpp   Average pools: sums of 16 channels at a time, then the exact mean of runtime/qmn_average_pool2d_ref.h.
#include "simulate/x86.h"
#include "simulate/x86_kernel.h"

#if QMN_HAS_X86

#include "qmn_internal.h"

#include <algorithm>
#include <vector>

namespace qmn {
namespace {

constexpr int kBlockChannels = 16;

class X86AveragePool final : public X86Kernel {
 public:
  X86AveragePool(const AveragePool2dKernel& kernel, const ProgramTensor& in, const ProgramTensor& out) : kernel_(kernel), in_(in), out_(out) {}

  std::size_t scratch_values() const override { return 0; }

  void run(const std::int8_t* input, std::int8_t* output, std::int16_t*) const override {
    std::size_t next = 0;
    for (int y = 0; y < out_.height; ++y) {
      const int origin_y = y * kernel_.stride_h - kernel_.pad_top;
      const qmn_tap_range rows = qmn_taps_inside(origin_y, kernel_.kernel_h, 1, in_.height);
      for (int x = 0; x < out_.width; ++x) {
        const int origin_x = x * kernel_.stride_w - kernel_.pad_left;
        const qmn_tap_range columns = qmn_taps_inside(origin_x, kernel_.kernel_w, 1, in_.width);
        const Window window{.first = (origin_y + rows.begin) * in_.width + origin_x + columns.begin, .height = rows.end - rows.begin, .width = columns.end - columns.begin};
        for (int channel = 0; channel < in_.channels; channel += kBlockChannels) {
          alignas(32) std::int32_t sums[kBlockChannels];
          const int count = std::min(kBlockChannels, in_.channels - channel);
          add(window, input, channel, count, sums);
          for (int i = 0; i < count; ++i) store(mean(sums[i], window.height * window.width), output, next++);
        }
      }
    }
  }

 private:
  /// The part of a window inside the image, in pixels.
  struct Window {
    int first, height, width;
  };

  QMN_AVX2 void add(const Window& window, const std::int8_t* input, int channel, int count, std::int32_t* sums) const {
    const bool is_wide = in_.format.total_bits == 16;
    const auto index = [&](int row, int column) { return static_cast<std::size_t>((window.first + row * in_.width + column) * in_.channels + channel); };
    if (count < kBlockChannels) {
      std::fill_n(sums, count, 0);
      for (int row = 0; row < window.height; ++row) {
        for (int column = 0; column < window.width; ++column) {
          const std::size_t at = index(row, column);
          for (int i = 0; i < count; ++i) sums[i] += is_wide ? reinterpret_cast<const std::int16_t*>(input)[at + static_cast<std::size_t>(i)] : input[at + static_cast<std::size_t>(i)];
        }
      }
      return;
    }
    __m256i low = _mm256_setzero_si256(), high = low;
    for (int row = 0; row < window.height; ++row) {
      for (int column = 0; column < window.width; ++column) {
        const std::int8_t* const at = input + index(row, column) * (is_wide ? 2 : 1);
        const auto* const vector = reinterpret_cast<const __m128i*>(at);
        if (is_wide) {
          low = _mm256_add_epi32(low, _mm256_cvtepi16_epi32(_mm_loadu_si128(vector)));
          high = _mm256_add_epi32(high, _mm256_cvtepi16_epi32(_mm_loadu_si128(vector + 1)));
        } else {
          const __m256i values = _mm256_cvtepi8_epi16(_mm_loadu_si128(vector));
          low = _mm256_add_epi32(low, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(values)));
          high = _mm256_add_epi32(high, _mm256_cvtepi16_epi32(_mm256_extracti128_si256(values, 1)));
        }
      }
    }
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums), low);
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums + 8), high);
  }

  std::int32_t mean(std::int32_t sum, int count) const {
    const std::int32_t divisor = count * (1 << kernel_.right_shift);
    const std::int32_t numerator = 2 * sum * (1 << kernel_.left_shift) + divisor;
    return std::clamp<std::int32_t>(qmn_floor_divide(numerator, 2U * static_cast<std::uint32_t>(divisor)), kernel_.clip_min, kernel_.clip_max);
  }

  void store(std::int32_t value, std::int8_t* output, std::size_t index) const {
    if (out_.format.total_bits == 16) reinterpret_cast<std::int16_t*>(output)[index] = static_cast<std::int16_t>(value);
    else output[index] = static_cast<std::int8_t>(value);
  }

  AveragePool2dKernel kernel_;
  ProgramTensor in_, out_;
};

}  // namespace

std::unique_ptr<const X86Kernel> make_x86(const Program& program, const AveragePool2dKernel& kernel) {
  return std::make_unique<X86AveragePool>(kernel, program.tensor(kernel.input), program.tensor(kernel.output));
}

}  // namespace qmn

#endif
