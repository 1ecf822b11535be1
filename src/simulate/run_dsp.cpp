// SPDX-License-Identifier: Apache-2.0
#include "simulate/run_dsp.h"

#include "qmn_kernels_dsp.h"

namespace qmn {

void run_dsp(const Program&, const Conv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  const qmn_conv2d layer = c_conv2d(kernel, at.in, at.out, as_reordered(kernel, constants));
  const bool is_per_channel = kernel.epilogue.is_per_channel();
  if (at.in.format.total_bits == 16) {
    const auto* wide_input = reinterpret_cast<const std::int16_t*>(at.input);  // aligned: simulate/memory.h
    return (is_per_channel ? qmn_conv2d_s16_s8_channels_dsp : qmn_conv2d_s16_s8_dsp)(&layer, wide_input, at.output, scratch);
  }
  const auto plain = is_per_channel ? qmn_conv2d_s8_channels_dsp : qmn_conv2d_s8_dsp;
  const auto packed = is_per_channel ? qmn_conv2d_s8_packed_channels_dsp : qmn_conv2d_s8_packed_dsp;
  (constants.is_packed ? packed : plain)(&layer, at.input, at.output, scratch);
}

void run_dsp(const Program&, const DepthwiseConv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  const qmn_conv2d layer = c_conv2d(kernel, at.in, at.out, as_reordered(kernel, constants));
  const bool is_per_channel = kernel.epilogue.is_per_channel();
  const auto any = is_per_channel ? qmn_depthwise_conv2d_s8_channels_dsp : qmn_depthwise_conv2d_s8_dsp;
  const auto plain_3x3 = is_per_channel ? qmn_depthwise_conv2d_s8_3x3_channels_dsp : qmn_depthwise_conv2d_s8_3x3_dsp;
  const auto relu_3x3 = is_per_channel ? qmn_depthwise_conv2d_s8_3x3_relu_channels_dsp : qmn_depthwise_conv2d_s8_3x3_relu_dsp;
  (!is_3x3(kernel) ? any : kernel.epilogue.clip_min >= 0 ? relu_3x3 : plain_3x3)(&layer, at.input, at.output, scratch);
}

void run_dsp(const Program& program, const FullyConnectedKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  if (runs_as_convolution(program, kernel)) return run_dsp(program, as_convolution(program, kernel), constants, at, scratch);
  const qmn_fully_connected layer = c_fully_connected(at.in, at.out, as_reordered(kernel, constants));
  (kernel.epilogue.is_per_channel() ? qmn_fully_connected_s8_channels_dsp : qmn_fully_connected_s8_dsp)(&layer, at.input, at.output, scratch);
}

void run_dsp(const Program&, const AveragePool2dKernel& kernel, const ReorderedConstants&, const Operands& at, std::int8_t*) {
  const qmn_average_pool2d layer = c_average_pool2d(kernel, at.in, at.out);
  qmn_average_pool2d_s8_dsp(&layer, at.input, at.output);
}

}  // namespace qmn
