// SPDX-License-Identifier: Apache-2.0
#include "program/cmsis_nn_s8.h"

#include "program/cmsis_nn_common.h"
#include "program/dsp_layout.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace qmn::s8 {
namespace {

/// The library doubles or quadruples accumulators whose shift is 1 or 0.
constexpr std::int64_t kAccumulatorEnd = std::int64_t{1} << 29;
constexpr std::int64_t kLargestProduct = std::int64_t{1} << 14;
constexpr int kHeliumLanes = 16, kHeliumColumns = 4;
constexpr std::int64_t kHeliumDepthwiseChannels = 124;  ///< that Helium works on at a time

template <class K>
Obstacle parameter_obstacle(const Program& program, const K& kernel, std::int64_t taps) {
  std::int64_t largest = taps * kLargestProduct, bias = 0;
  for (const std::int32_t value : kernel.bias.values) bias = std::max(bias, std::abs(std::int64_t{value}));
  largest += bias * (std::int64_t{1} << kernel.bias.shift);
  return first_obstacle(wide_sides(program, kernel), unless(!kernel.weights.empty(), "it has no weights"),
                        unless(kernel.epilogue.out_shift >= 2 || largest < kAccumulatorEnd, "its accumulators are too large for a shift below 2"));
}

/// On Helium a row of pixels goes through code of its own, which takes as much padding left as right, or one more right, and whole windows.
bool is_row(const Program& program, const Conv2dKernel& k) {
  const ProgramTensor& in = program.tensor(k.input);
  return in.height == 1 && k.kernel_h == 1 && k.dilation_w == 1 && k.stride_w * in.channels % 4 == 0;
}
bool is_pointwise(const Conv2dKernel& k) {
  return k.kernel_h == 1 && k.kernel_w == 1 && k.pad_top == 0 && k.pad_left == 0 && k.dilation_h == 1 && k.dilation_w == 1;
}
Obstacle row_obstacle(const Program& program, const Conv2dKernel& k) {
  if (is_pointwise(k) || !is_row(program, k)) return {};
  const int in = program.tensor(k.input).width, out = program.tensor(k.output).width;
  const int padding = (out - 1) * k.stride_w + k.kernel_w - in, right = padding - k.pad_left;
  const bool is_even = padding >= 0 && (right == k.pad_left || right == k.pad_left + 1) && in >= k.kernel_w && k.pad_top == 0;
  return unless(is_even, "its row is padded unevenly");
}

Obstacle obstacle_of(const Program& program, const Conv2dKernel& k, bool has_helium) {
  const std::int64_t taps = std::int64_t{k.kernel_h} * k.kernel_w * program.tensor(k.input).channels;
  return first_obstacle(parameter_obstacle(program, k, taps), has_helium ? row_obstacle(program, k) : Obstacle{});
}
Obstacle obstacle_of(const Program& program, const DepthwiseConv2dKernel& k, bool) { return parameter_obstacle(program, k, std::int64_t{k.kernel_h} * k.kernel_w); }
Obstacle obstacle_of(const Program& program, const FullyConnectedKernel& k, bool has_helium) {
  const Obstacle of_row = has_helium && k.epilogue.is_per_channel() && !k.weights.empty() ? row_obstacle(program, as_convolution(program, k)) : Obstacle{};
  return first_obstacle(parameter_obstacle(program, k, program.tensor(k.input).value_count()), of_row);
}

bool is_never_negative(const Program& program, TensorId id) {
  bool is = false;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    std::visit(
        [&](const auto& k) {
          if constexpr (requires { k.epilogue; }) is |= k.output == id && k.epilogue.clip_min >= 0;
        },
        kernel);
  });
  return is;
}

template <class K>
Obstacle pool_obstacle(const Program& program, const K& k) {
  return first_obstacle(wide_sides(program, k), unless(k.left_shift == 0 && k.right_shift == 0, "it changes the format"));
}

/// CMSIS-NN moves a tie away from zero: the same where none is negative, or where every window is whole and of an odd count of values.
Obstacle obstacle_of(const Program& program, const AveragePool2dKernel& k, bool) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  const bool is_whole = k.pad_top == 0 && k.pad_left == 0 && (out.height - 1) * k.stride_h + k.kernel_h <= in.height && (out.width - 1) * k.stride_w + k.kernel_w <= in.width;
  const bool has_no_negative_tie = is_never_negative(program, k.input) || (is_whole && k.kernel_h * k.kernel_w % 2 == 1);
  return first_obstacle(pool_obstacle(program, k), unless(has_no_negative_tie, "CMSIS-NN's moves negative ties down"));
}
Obstacle obstacle_of(const Program& program, const MaxPool2dKernel& k, bool) { return pool_obstacle(program, k); }

/// Factors are shifts to the left, and the sum is small.
bool is_small_factor(std::int32_t factor) { return factor >= 1 && factor <= (1 << 20) && std::has_single_bit(static_cast<std::uint32_t>(factor)); }
Obstacle obstacle_of(const Program& program, const AddKernel& k, bool) {
  return first_obstacle(unequal_operands(program, k), unless(is_small_factor(k.left_factor) && is_small_factor(k.right_factor), "it subtracts, or its formats are far apart"));
}
Obstacle obstacle_of(const Program& program, const MulKernel& k, bool) { return unequal_operands(program, k); }

Obstacle obstacle_of(const Program&, const SoftmaxKernel&, bool) { return "CMSIS-NN's exponentials are others"; }
Obstacle obstacle_of(const Program&, const LookupKernel&, bool) { return "CMSIS-NN's table is another"; }
Obstacle obstacle_of(const Program&, const InterpolateKernel&, bool) { return "CMSIS-NN's table is another"; }
template <class K>
Obstacle obstacle_of(const Program&, const K&, bool) { return "CMSIS-NN has none"; }

std::int64_t rounded_up(std::int64_t count, std::int64_t block) { return (count + block - 1) / block * block; }

std::int64_t scratch_of(const Program& program, const Conv2dKernel& k, bool has_helium) {
  const std::int64_t in_channels = program.tensor(k.input).channels, column = k.kernel_h * k.kernel_w * in_channels;
  if (is_pointwise(k)) return has_helium ? 0 : 4 * in_channels;  // none with gcc; two pixels of int16 with Arm's compiler
  if (!has_helium) return 4 * rounded_up(column, 4);              // two columns of int16
  const std::int64_t of_columns = kHeliumColumns * rounded_up(column, kHeliumLanes);
  if (!is_row(program, k)) return of_columns;
  const std::int64_t right_pads = k.pad_left + 1;
  return std::max(of_columns, (k.kernel_w + right_pads) * in_channels);
}

std::int64_t scratch_of(const Program& program, const DepthwiseConv2dKernel& k, bool has_helium) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  const std::int64_t taps = std::int64_t{k.kernel_h} * k.kernel_w;
  const bool is_simple = in.channels == out.channels && k.dilation_h == 1 && k.dilation_w == 1;
  if (!has_helium) {
    const bool is_3x3 = k.kernel_h == 3 && k.kernel_w == 3 && k.pad_top <= 1 && k.pad_left <= 1;
    return is_simple && !is_3x3 ? 2 * taps * in.channels : 0;
  }
  std::int64_t bytes = is_simple ? 4 * kHeliumDepthwiseChannels * taps : 0;
  if (in.channels == 1) {  // runs as a convolution, over transposed weights
    Conv2dKernel convolution;
    convolution.input = k.input;
    convolution.output = k.output;
    convolution.kernel_h = k.kernel_h, convolution.kernel_w = k.kernel_w;
    convolution.pad_top = k.pad_top, convolution.pad_left = k.pad_left;
    convolution.dilation_h = k.dilation_h, convolution.dilation_w = k.dilation_w;
    convolution.stride_w = k.stride_w;
    bytes = std::max(bytes, scratch_of(program, convolution, true) + taps * out.channels);
  }
  return bytes;
}

}  // namespace

std::optional<std::string> obstacle(const Program& program, const Kernel& kernel, bool has_helium) {
  return std::visit([&](const auto& k) { return obstacle_of(program, k, has_helium); }, kernel);
}

std::string function(const Kernel& kernel) {
  if (const auto* layer = std::get_if<FullyConnectedKernel>(&kernel)) return layer->epilogue.is_per_channel() ? "arm_convolve_wrapper_s8" : "arm_fully_connected_s8";
  if (std::holds_alternative<Conv2dKernel>(kernel)) return "arm_convolve_wrapper_s8";
  if (std::holds_alternative<DepthwiseConv2dKernel>(kernel)) return "arm_depthwise_conv_wrapper_s8";
  if (std::holds_alternative<AveragePool2dKernel>(kernel)) return "arm_avgpool_s8";
  if (std::holds_alternative<MaxPool2dKernel>(kernel)) return "arm_max_pool_s8";
  return std::holds_alternative<AddKernel>(kernel) ? "arm_elementwise_add_s8" : "arm_elementwise_mul_s8";
}

std::int64_t scratch_bytes(const Program& program, const Kernel& kernel, bool has_helium) {
  if (const auto* layer = std::get_if<FullyConnectedKernel>(&kernel)) return layer->epilogue.is_per_channel() ? scratch_of(program, as_convolution(program, *layer), has_helium) : 0;
  if (const auto* conv = std::get_if<Conv2dKernel>(&kernel)) return scratch_of(program, *conv, has_helium);
  if (const auto* conv = std::get_if<DepthwiseConv2dKernel>(&kernel)) return scratch_of(program, *conv, has_helium);
  if (const auto* pool = std::get_if<AveragePool2dKernel>(&kernel)) return has_helium ? 0 : 4 * std::int64_t{program.tensor(pool->input).channels};  // sums of int32
  return 0;
}

}  // namespace qmn::s8
