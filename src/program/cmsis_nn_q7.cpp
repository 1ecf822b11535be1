// SPDX-License-Identifier: Apache-2.0
#include "program/cmsis_nn_q7.h"

#include "program/cmsis_nn_common.h"

#include <algorithm>

namespace qmn::q7 {
namespace {

constexpr int kMostValues = 65535;  ///< sizes are uint16_t
constexpr int kMostRows = 32767;    ///< those of images are walked by int16_t

/// What epilogues cannot say: more than a saturation and a ReLU behind it.
Obstacle clip_obstacle(int clip_min, int clip_max, int value_count) {
  if (clip_max == 127 && clip_min == -128) return {};
  if (clip_max != 127 || clip_min != 0) return fmt::format("it clips at {} and {}", clip_min, clip_max);
  return unless(value_count <= kMostValues, "its ReLU has more than 65535 values");
}

template <class K>
Obstacle parameter_obstacle(const Program& program, const K& kernel) {
  return first_obstacle(wide_sides(program, kernel), unless(!kernel.weights.empty(), "it has no weights"),
                        unless(kernel.bias.format.total_bits == 8, "its bias has 32 bits (qmn quantize --target cmsis-nn-q7)"),
                        unless(!kernel.epilogue.is_per_channel(), "its channels have shifts of their own (qmn quantize --target cmsis-nn-q7)"),
                        clip_obstacle(kernel.epilogue.clip_min, kernel.epilogue.clip_max, program.tensor(kernel.output).value_count()));
}

template <class K>
Obstacle image_obstacle(const Program& program, const K& kernel) {
  const ProgramTensor &in = program.tensor(kernel.input), &out = program.tensor(kernel.output);
  const bool is_small = std::max({in.height, in.width, out.height, out.width, in.channels, out.channels}) <= kMostRows &&
                        std::int64_t{kernel.kernel_h} * kernel.kernel_w * in.channels <= kMostValues;
  return first_obstacle(unless(kernel.dilation_h == 1 && kernel.dilation_w == 1, "its window is dilated"), unless(is_small, "its sizes exceed 16 bits"));
}

/// The fast function expects whole windows in the middle of the image, that is behind the first and before the last `pad` outputs.
bool has_whole_windows(int in, int out, int kernel, int stride, int pad) {
  const int last_whole = out - 1 - pad;
  return pad <= out && (last_whole < pad || last_whole * stride - pad + kernel <= in);
}

bool is_pointwise(const Program& program, const Conv2dKernel& k) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  return k.kernel_h == 1 && k.kernel_w == 1 && k.stride_h == 1 && k.stride_w == 1 && k.pad_top == 0 && k.pad_left == 0 && in.height == out.height && in.width == out.width;
}

bool is_fast(const Program& program, const Conv2dKernel& k) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  return in.channels % 4 == 0 && out.channels % 2 == 0 && has_whole_windows(in.height, out.height, k.kernel_h, k.stride_h, k.pad_top) &&
         has_whole_windows(in.width, out.width, k.kernel_w, k.stride_w, k.pad_left);
}

Obstacle obstacle_of(const Program& program, const Conv2dKernel& k) { return first_obstacle(parameter_obstacle(program, k), image_obstacle(program, k)); }

Obstacle obstacle_of(const Program& program, const DepthwiseConv2dKernel& k) {
  return first_obstacle(parameter_obstacle(program, k), image_obstacle(program, k),
                        unless(program.tensor(k.input).channels == program.tensor(k.output).channels, "it has more outputs than inputs"),
                        unless(k.kernel_h * k.kernel_w >= 2, "its window is a single value"));
}

Obstacle obstacle_of(const Program& program, const FullyConnectedKernel& k) {
  const int in = program.tensor(k.input).value_count(), out = program.tensor(k.output).value_count();
  return first_obstacle(parameter_obstacle(program, k), unless(in >= 4, "it has less than 4 inputs"), unless(std::max(in, out) <= kMostValues, "its sizes exceed 16 bits"));
}

Obstacle obstacle_of(const Program& program, const MulKernel& k) {
  return first_obstacle(unequal_operands(program, k), clip_obstacle(k.clip.min, k.clip.max, program.tensor(k.output).value_count()));
}

Obstacle obstacle_of(const Program&, const AveragePool2dKernel&) { return "CMSIS-NN's truncates, and saturates its sum"; }
Obstacle obstacle_of(const Program&, const MaxPool2dKernel&) { return "CMSIS-NN's destroys its input"; }
Obstacle obstacle_of(const Program&, const SoftmaxKernel&) { return "CMSIS-NN's has base 2"; }
Obstacle obstacle_of(const Program&, const LookupKernel&) { return "CMSIS-NN's table is another"; }
Obstacle obstacle_of(const Program&, const InterpolateKernel&) { return "CMSIS-NN's table is another"; }
template <class K>
Obstacle obstacle_of(const Program&, const K&) { return "CMSIS-NN has none"; }

std::int64_t column_of(const Program& program, const Conv2dKernel& k) { return std::int64_t{k.kernel_h} * k.kernel_w * program.tensor(k.input).channels; }

}  // namespace

std::optional<std::string> obstacle(const Program& program, const Kernel& kernel) {
  return std::visit([&](const auto& k) { return obstacle_of(program, k); }, kernel);
}

std::string function(const Program& program, const Kernel& kernel) {
  if (const auto* conv = std::get_if<Conv2dKernel>(&kernel)) {
    if (!is_fast(program, *conv)) return "arm_convolve_HWC_q7_basic_nonsquare";
    return is_pointwise(program, *conv) ? "arm_convolve_1x1_HWC_q7_fast_nonsquare" : "arm_convolve_HWC_q7_fast_nonsquare";
  }
  if (std::holds_alternative<DepthwiseConv2dKernel>(kernel)) return "arm_depthwise_separable_conv_HWC_q7_nonsquare";
  return std::holds_alternative<FullyConnectedKernel>(kernel) ? "arm_fully_connected_q7_opt" : "arm_nn_mult_q7";
}

// Two columns of int16; of a depthwise convolution two of int8, of which the functions use one; the vector as int16.
std::int64_t scratch_bytes(const Program& program, const Kernel& kernel) {
  if (const auto* conv = std::get_if<Conv2dKernel>(&kernel)) return 4 * column_of(program, *conv);
  if (const auto* conv = std::get_if<DepthwiseConv2dKernel>(&kernel)) return 2 * std::int64_t{conv->kernel_h} * conv->kernel_w * program.tensor(conv->input).channels;
  if (const auto* layer = std::get_if<FullyConnectedKernel>(&kernel)) return 2 * std::int64_t{program.tensor(layer->input).value_count()};
  return 0;
}

}  // namespace qmn::q7
