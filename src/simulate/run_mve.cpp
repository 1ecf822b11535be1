// SPDX-License-Identifier: Apache-2.0
#include "simulate/run_mve.h"

#include "program/mve_layout.h"

#include "qmn_kernels_mve.h"

namespace qmn {

void run_mve(const Program&, const Conv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  const qmn_conv2d layer = c_conv2d(kernel, at.in, at.out, as_reordered(kernel, constants));
  (kernel.epilogue.is_per_channel() ? qmn_conv2d_s8_channels_mve : qmn_conv2d_s8_mve)(&layer, at.input, at.output, scratch);
}

void run_mve(const Program& program, const DepthwiseConv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  const qmn_conv2d layer = c_conv2d(kernel, at.in, at.out, as_reordered(kernel, constants));
  const bool is_per_channel = kernel.epilogue.is_per_channel();
  const auto any = is_per_channel ? qmn_depthwise_conv2d_s8_channels_mve : qmn_depthwise_conv2d_s8_mve;
  const auto narrow = is_per_channel ? qmn_depthwise_conv2d_s8_narrow_channels_mve : qmn_depthwise_conv2d_s8_narrow_mve;
  (is_narrow(program, kernel) ? narrow : any)(&layer, at.input, at.output, scratch);
}

void run_mve(const Program&, const FullyConnectedKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  const qmn_fully_connected layer = c_fully_connected(at.in, at.out, as_reordered(kernel, constants));
  (kernel.epilogue.is_per_channel() ? qmn_fully_connected_s8_channels_mve : qmn_fully_connected_s8_mve)(&layer, at.input, at.output, scratch);
}

void run_mve(const Program&, const AveragePool2dKernel& kernel, const ReorderedConstants&, const Operands& at, std::int8_t*) {
  const qmn_average_pool2d layer = c_average_pool2d(kernel, at.in, at.out);
  qmn_average_pool2d_s8_mve(&layer, at.input, at.output);
}

}  // namespace qmn
