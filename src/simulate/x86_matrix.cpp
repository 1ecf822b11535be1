// SPDX-License-Identifier: Apache-2.0
// simulate/x86_matrix.cpp   Convolutions and fully connected layers: up to six output pixels at a time meet 16 output channels.
//
// A window is read where it lies in the plane, as runs of neighboring values: one for each row of the kernel (for each tap where columns are
// dilated), two values at a time. Weights: [group of 16 channels][run][pair of values][16 channels][2], zeros behind the last channel and
// behind a run of odd length, whose last pair reads a value of its neighbor.
#include "simulate/x86_epilogue.h"
#include "simulate/x86_kernel.h"
#include "simulate/x86_plane.h"

#if QMN_HAS_X86

namespace qmn {
namespace {

constexpr int kMostPixels = 6;  // 12 accumulators, two registers of weights, two values

class X86Matrix final : public X86Kernel {
 public:
  X86Matrix(const Conv2dKernel& kernel, const ProgramTensor& in, const ProgramTensor& out)
      : plane_(plane_for(kernel, in, out, in.channels)), epilogue_(kernel, out), out_channels_(out.channels) {
    const int row = plane_.width * plane_.channels;
    const bool is_one_run = kernel.dilation_w == 1 && kernel.dilation_h == 1 && plane_.width == kernel.kernel_w;
    const int run_taps = is_one_run ? kernel.kernel_h * kernel.kernel_w : kernel.dilation_w == 1 ? kernel.kernel_w : 1;
    for (int tap = 0; tap < kernel.kernel_h * kernel.kernel_w; tap += run_taps) {
      runs_.push_back(tap / kernel.kernel_w * kernel.dilation_h * row + tap % kernel.kernel_w * kernel.dilation_w * plane_.channels);
    }
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) pixels_.push_back(y * kernel.stride_h * row + x * kernel.stride_w * plane_.channels);
    }
    set_weights(kernel.weights, static_cast<std::size_t>(run_taps * in.channels));
  }

  X86Matrix(const FullyConnectedKernel& kernel, const ProgramTensor& in, const ProgramTensor& out)
      : epilogue_(kernel, out), runs_{0}, pixels_{0}, out_channels_(out.value_count()) {
    plane_.in_c = plane_.channels = in.value_count();
    plane_.is_wide = in.format.total_bits == 16;
    set_weights(kernel.weights, static_cast<std::size_t>(in.value_count()));
  }

  std::size_t scratch_values() const override { return plane_.value_count(); }

  QMN_AVX2 void run(const std::int8_t* input, std::int8_t* output, std::int16_t* scratch) const override {
    plane_.fill(input, scratch);
    for (std::size_t group = 0; group < epilogue_.group_count(); ++group) {
      std::size_t pixel = 0;
      for (; pixel + kMostPixels <= pixels_.size(); pixel += kMostPixels) multiply<kMostPixels>(scratch, group, pixel, output);
      switch (pixels_.size() - pixel) {
        case 5: multiply<5>(scratch, group, pixel, output); break;
        case 4: multiply<4>(scratch, group, pixel, output); break;
        case 3: multiply<3>(scratch, group, pixel, output); break;
        case 2: multiply<2>(scratch, group, pixel, output); break;
        case 1: multiply<1>(scratch, group, pixel, output); break;
        default: break;
      }
    }
  }

 private:
  /// From rows of runs of `run_values` each.
  void set_weights(const std::vector<std::int8_t>& rows, std::size_t run_values) {
    run_pairs_ = static_cast<int>((run_values + 1) / 2);
    const std::size_t row_values = runs_.size() * run_values, channels = static_cast<std::size_t>(out_channels_);
    weights_.reserve(epilogue_.group_count() * runs_.size() * static_cast<std::size_t>(run_pairs_) * 2 * kX86Channels);
    for (std::size_t group = 0; group < epilogue_.group_count(); ++group) {
      for (std::size_t run = 0; run < runs_.size(); ++run) {
        for (std::size_t value = 0; value < run_values; value += 2) {
          for (const int place : kX86Order) {
            const std::size_t channel = group * kX86Channels + static_cast<std::size_t>(place);
            for (std::size_t i = value; i < value + 2; ++i) {
              weights_.push_back(channel < channels && i < run_values ? rows[channel * row_values + run * run_values + i] : std::int16_t{0});
            }
          }
        }
      }
    }
  }

  template <int kPixels>
  QMN_AVX2 void multiply(const std::int16_t* plane, std::size_t group, std::size_t first_pixel, std::int8_t* output) const {
    X86Sums sums[kPixels];
    const std::int16_t* windows[kPixels];
    for (int p = 0; p < kPixels; ++p) {
      sums[p] = epilogue_.start(group);
      windows[p] = plane + pixels_[first_pixel + static_cast<std::size_t>(p)];
    }
    const std::int16_t* weights = weights_.data() + group * runs_.size() * static_cast<std::size_t>(run_pairs_) * (2 * kX86Channels);
    for (const std::int32_t run : runs_) {
      for (std::ptrdiff_t value = run; value < run + 2 * run_pairs_; value += 2, weights += 2 * kX86Channels) {
        const __m256i first = load_vector(weights), second = load_vector(weights + kX86Channels);
        for (int p = 0; p < kPixels; ++p) {
          std::int32_t pair;
          std::memcpy(&pair, windows[p] + value, sizeof pair);
          const __m256i pairs = _mm256_set1_epi32(pair);
          sums[p].first = _mm256_add_epi32(sums[p].first, _mm256_madd_epi16(pairs, first));
          sums[p].second = _mm256_add_epi32(sums[p].second, _mm256_madd_epi16(pairs, second));
        }
      }
    }
    const auto channel = static_cast<int>(group) * kX86Channels, count = std::min(kX86Channels, out_channels_ - channel);
    for (int p = 0; p < kPixels; ++p) {
      const std::size_t pixel = first_pixel + static_cast<std::size_t>(p);
      epilogue_.finish(sums[p], group, output, pixel * static_cast<std::size_t>(out_channels_) + static_cast<std::size_t>(channel), count);
    }
  }

  X86Plane plane_;
  X86Epilogue epilogue_;
  std::vector<std::int32_t> runs_;    ///< where each begins, in values behind the first tap of a window
  std::vector<std::int32_t> pixels_;  ///< where the window of each output pixel begins in the plane
  std::vector<std::int16_t> weights_;
  int run_pairs_ = 0, out_channels_ = 0;
};

}  // namespace

std::unique_ptr<const X86Kernel> make_x86(const Program& program, const Conv2dKernel& kernel) {
  return std::make_unique<X86Matrix>(kernel, program.tensor(kernel.input), program.tensor(kernel.output));
}
std::unique_ptr<const X86Kernel> make_x86(const Program& program, const FullyConnectedKernel& kernel) {
  return std::make_unique<X86Matrix>(kernel, program.tensor(kernel.input), program.tensor(kernel.output));
}

}  // namespace qmn

#endif
