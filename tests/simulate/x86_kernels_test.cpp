// SPDX-License-Identifier: Apache-2.0
// The simulator's own kernels equal the reference kernels bit for bit: programs of one kernel each, of all types of input and output, odd
// shapes, all remainders of channels and pixels, paddings, strides, dilations, multipliers, saturating and at the ends of the ranges.
#include "simulate/simulate.h"

#include "base/random.h"
#include "lower/accumulator_bound.h"
#include "plan/plan.h"
#include "simulate/x86.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace qmn {
namespace {

class RandomKernel {
 public:
  explicit RandomKernel(std::uint64_t seed) : random_{0x783836, seed} {}

  int between(int low, int high) { return low + static_cast<int>(random_.uniform_int(static_cast<std::uint64_t>(high - low + 1))); }
  bool coin() { return between(0, 1) == 0; }

  Program convolution(bool is_pixelwise) {
    Conv2dKernel kernel = windows<Conv2dKernel>(is_pixelwise ? 1 : 4);
    if (is_pixelwise) kernel.stride_h = kernel.stride_w = 1;
    ProgramTensor in = image(between(1, is_pixelwise ? 70 : 12)), out = image_behind(kernel, in, between(1, 70));
    set_constants(kernel, in, out, out.channels, kernel.kernel_h * kernel.kernel_w * in.channels);
    return program(kernel, in, out);
  }
  Program depthwise() {
    DepthwiseConv2dKernel kernel = windows<DepthwiseConv2dKernel>(between(0, 2) == 0 ? 6 : 3);
    const int multiplier = coin() ? 1 : between(1, 4);
    ProgramTensor in = image(between(1, 40)), out = image_behind(kernel, in, multiplier * in.channels);
    set_constants(kernel, in, out, out.channels, kernel.kernel_h * kernel.kernel_w);
    return program(kernel, in, out);
  }
  Program fully_connected() {
    FullyConnectedKernel kernel;
    ProgramTensor in{.name = "in", .height = between(1, 3), .width = between(1, 3), .channels = between(1, 60), .format = format()};
    ProgramTensor out{.name = "out", .channels = between(1, 100), .format = format()};
    set_constants(kernel, in, out, out.channels, in.value_count());
    return program(kernel, in, out);
  }
  Program average_pool() {
    AveragePool2dKernel kernel;
    const ProgramTensor in = image(between(1, 70));
    kernel.kernel_h = between(1, in.height), kernel.kernel_w = between(1, in.width);
    kernel.stride_h = between(1, 3), kernel.stride_w = between(1, 3);
    kernel.pad_top = between(0, kernel.kernel_h - 1), kernel.pad_left = between(0, kernel.kernel_w - 1);
    ProgramTensor out{.name = "out", .height = (in.height + kernel.pad_top - kernel.kernel_h) / kernel.stride_h + 1,
                      .width = (in.width + kernel.pad_left - kernel.kernel_w) / kernel.stride_w + 1, .channels = in.channels, .format = format()};
    if (coin()) kernel.right_shift = between(0, 8);
    else if (in.format.total_bits == 8) kernel.left_shift = between(0, 8);
    set_clip(kernel.clip_min, kernel.clip_max, out.format);
    return program(kernel, in, out);
  }

  /// Clips of values of any size; whole clips at the ends of the range now and then.
  TensorBytes inputs(const ProgramTensor& tensor, int clip_count) {
    TensorBytes bytes;
    for (int clip = 0; clip < clip_count; ++clip) {
      const int kind = between(0, 4);
      for (int i = 0; i < tensor.size_bytes(); ++i) {
        const bool is_high = tensor.format.total_bits == 8 || i % 2 == 1;
        bytes.push_back(static_cast<std::int8_t>(kind == 0 ? (is_high ? -128 : 0) : kind == 1 ? (is_high ? 127 : -1) : between(-128, 127)));
      }
    }
    return bytes;
  }

 private:
  QFormat format() { return {coin() ? 8 : 16, 4}; }
  ProgramTensor image(int channels) { return {.name = "in", .height = between(1, 9), .width = between(1, 9), .channels = channels, .format = format()}; }

  template <class K>
  K windows(int most_taps) {
    K kernel;
    kernel.kernel_h = between(1, most_taps), kernel.kernel_w = between(1, most_taps);
    kernel.stride_h = between(1, 3), kernel.stride_w = between(1, 3);
    kernel.dilation_h = between(0, 3) == 0 ? 2 : 1, kernel.dilation_w = between(0, 3) == 0 ? 2 : 1;
    kernel.pad_top = between(0, kernel.kernel_h - 1), kernel.pad_left = between(0, kernel.kernel_w - 1);
    return kernel;
  }

  /// With padding at bottom and right too: the last windows may begin at the image's last pixel.
  template <class K>
  ProgramTensor image_behind(const K& kernel, const ProgramTensor& in, int channels) {
    return {.name = "out", .height = between(1, (in.height + kernel.pad_top - 1) / kernel.stride_h + 1), .width = between(1, (in.width + kernel.pad_left - 1) / kernel.stride_w + 1),
            .channels = channels, .format = format()};
  }

  void set_clip(std::int16_t& low, std::int16_t& high, QFormat out) {
    low = static_cast<std::int16_t>(out.raw_min()), high = static_cast<std::int16_t>(out.raw_max());
    if (coin()) low = 0;
    if (between(0, 3) == 0) high = static_cast<std::int16_t>(between(1, static_cast<int>(out.raw_max())));
  }

  /// Weights as large as the proof of lowering allows.
  template <class K>
  void set_constants(K& kernel, const ProgramTensor& in, const ProgramTensor& out, int rows, int columns) {
    const bool is_per_channel = between(0, 2) == 0;
    const int kind = between(0, 4);
    for (int i = 0; i < rows * columns; ++i) kernel.weights.push_back(static_cast<std::int8_t>(kind == 0 ? -128 : kind == 1 ? 127 : between(-128, 127)));
    kernel.bias.format.total_bits = !is_per_channel && coin() ? 8 : 32;
    kernel.bias.shift = kernel.bias.format.total_bits == 8 ? between(0, 12) : 0;
    for (int row = 0; row < rows; ++row) kernel.bias.values.push_back(kernel.bias.format.total_bits == 8 ? between(-128, 127) : between(-(1 << 20), 1 << 20));
    const int most = in.format.total_bits == 16 ? 24 : 16;
    kernel.epilogue.out_shift = between(0, most);
    for (int row = 0; is_per_channel && row < rows; ++row) kernel.epilogue.out_shifts.push_back(static_cast<std::uint8_t>(between(kernel.epilogue.out_shift, most)));
    set_clip(kernel.epilogue.clip_min, kernel.epilogue.clip_max, out.format);
    while (accumulator_bound(kernel, in.format).largest > std::numeric_limits<std::int32_t>::max()) {
      for (std::int8_t& weight : kernel.weights) weight = static_cast<std::int8_t>(weight / 2);
    }
  }

  template <class K>
  static Program program(K kernel, const ProgramTensor& in, const ProgramTensor& out) {
    Program program;
    program.name = "one";
    program.tensors = {in, out};
    program.input = 0;
    program.logits = program.output = 1;
    kernel.input = 0;
    kernel.output = 1;
    program.kernels.emplace_back(std::move(kernel));
    return program;
  }

  Random random_;
};

/// In scratch that holds the numbers of another kernel; nothing behind the output is written.
void expect_equal_to_reference(const Program& program, RandomKernel& random) {
  const auto kernel = make_x86_kernel(program, program.kernels.front());
  ASSERT_NE(kernel, nullptr);
  const auto in_size = static_cast<std::size_t>(program.tensor(program.input).size_bytes()), out_size = static_cast<std::size_t>(program.tensor(program.output).size_bytes());
  const int clip_count = 3;
  const TensorBytes inputs = random.inputs(program.tensor(program.input), clip_count);
  const TensorBytes expected = Simulator(program, plan_memory(program), HostKernels::reference).run(inputs, clip_count).logits;
  std::vector<std::int16_t> scratch(kernel->scratch_values(), 0x5a5a);
  for (std::size_t clip = 0; clip < clip_count; ++clip) {
    TensorBytes output(out_size + 32, 99);
    kernel->run(inputs.data() + clip * in_size, output.data(), scratch.data());
    const auto row = expected.begin() + static_cast<std::ptrdiff_t>(clip * out_size);
    ASSERT_EQ(TensorBytes(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(out_size)), TensorBytes(row, row + static_cast<std::ptrdiff_t>(out_size))) << "clip " << clip;
    ASSERT_EQ(std::count(output.begin() + static_cast<std::ptrdiff_t>(out_size), output.end(), 99), 32);
  }
}

class X86Kernels : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_avx2()) GTEST_SKIP() << "this processor has no AVX2: the simulator runs the reference";
  }
};

TEST_F(X86Kernels, ConvolutionsEqualTheReference) {
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    RandomKernel random(seed);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random.convolution(seed % 3 == 0), random)) << "seed " << seed;
  }
}
TEST_F(X86Kernels, DepthwiseConvolutionsEqualTheReference) {
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    RandomKernel random(seed);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random.depthwise(), random)) << "seed " << seed;
  }
}
TEST_F(X86Kernels, FullyConnectedLayersEqualTheReference) {
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    RandomKernel random(seed);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random.fully_connected(), random)) << "seed " << seed;
  }
}
TEST_F(X86Kernels, AveragePoolsEqualTheReference) {
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    RandomKernel random(seed);
    ASSERT_NO_FATAL_FAILURE(expect_equal_to_reference(random.average_pool(), random)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace qmn
