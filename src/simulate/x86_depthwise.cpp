// SPDX-License-Identifier: Apache-2.0
// simulate/x86_depthwise.cpp   Depthwise convolutions: 16 channels of a pixel at a time, two taps in each multiplication.
//
// Pixels of the plane hold the input of each output channel, filled up to whole groups of 16. Two taps are interleaved, value by value, as their
// weights are: [group][pair of taps][16 channels, in the order of x86_epilogue.h][2], zeros behind the last channel and behind an odd tap.
#include "simulate/x86_epilogue.h"
#include "simulate/x86_kernel.h"
#include "simulate/x86_plane.h"

#if QMN_HAS_X86

namespace qmn {
namespace {

class X86Depthwise final : public X86Kernel {
 public:
  X86Depthwise(const DepthwiseConv2dKernel& kernel, const ProgramTensor& in, const ProgramTensor& out)
      : plane_(plane_for(kernel, in, out, (out.channels + kX86Channels - 1) / kX86Channels * kX86Channels, out.channels / in.channels)),
        epilogue_(kernel, out),
        out_channels_(out.channels) {
    const int row = plane_.width * plane_.channels;
    for (int ky = 0; ky < kernel.kernel_h; ++ky) {
      for (int kx = 0; kx < kernel.kernel_w; ++kx) taps_.push_back(ky * kernel.dilation_h * row + kx * kernel.dilation_w * plane_.channels);
    }
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) pixels_.push_back(y * kernel.stride_h * row + x * kernel.stride_w * plane_.channels);
    }
    const std::size_t channels = static_cast<std::size_t>(out_channels_), tap_count = taps_.size();
    for (std::size_t group = 0; group < epilogue_.group_count(); ++group) {
      for (std::size_t tap = 0; tap < tap_count; tap += 2) {
        for (const int place : kX86Order) {
          const std::size_t channel = group * kX86Channels + static_cast<std::size_t>(place);
          for (std::size_t i = tap; i < tap + 2; ++i) weights_.push_back(channel < channels && i < tap_count ? kernel.weights[i * channels + channel] : std::int16_t{0});
        }
      }
    }
    if (tap_count % 2 != 0) taps_.push_back(taps_.back());
  }

  std::size_t scratch_values() const override { return plane_.value_count(); }

  QMN_AVX2 void run(const std::int8_t* input, std::int8_t* output, std::int16_t* scratch) const override {
    plane_.fill(input, scratch);
    for (std::size_t group = 0; group < epilogue_.group_count(); ++group) {
      const auto channel = static_cast<int>(group) * kX86Channels, count = std::min(kX86Channels, out_channels_ - channel);
      const std::int16_t* const group_weights = weights_.data() + group * taps_.size() * kX86Channels;
      auto index = static_cast<std::size_t>(channel);
      for (const std::int32_t pixel : pixels_) {
        const std::int16_t* const window = scratch + pixel + channel;
        const std::int16_t* weights = group_weights;
        X86Sums sums = epilogue_.start(group);
        for (std::size_t tap = 0; tap < taps_.size(); tap += 2, weights += 2 * kX86Channels) {
          const __m256i even = load_vector(window + taps_[tap]), odd = load_vector(window + taps_[tap + 1]);
          sums.first = _mm256_add_epi32(sums.first, _mm256_madd_epi16(_mm256_unpacklo_epi16(even, odd), load_vector(weights)));
          sums.second = _mm256_add_epi32(sums.second, _mm256_madd_epi16(_mm256_unpackhi_epi16(even, odd), load_vector(weights + kX86Channels)));
        }
        epilogue_.finish(sums, group, output, index, count);
        index += static_cast<std::size_t>(out_channels_);
      }
    }
  }

 private:
  X86Plane plane_;
  X86Epilogue epilogue_;
  std::vector<std::int32_t> taps_;    ///< where each lies, in values behind the first; an even number
  std::vector<std::int32_t> pixels_;  ///< where the window of each output pixel begins in the plane
  std::vector<std::int16_t> weights_;
  int out_channels_;
};

}  // namespace

std::unique_ptr<const X86Kernel> make_x86(const Program& program, const DepthwiseConv2dKernel& kernel) {
  return std::make_unique<X86Depthwise>(kernel, program.tensor(kernel.input), program.tensor(kernel.output));
}

}  // namespace qmn

#endif
