// SPDX-License-Identifier: Apache-2.0
#include "simulate/run_dsp.h"

#include "simulate/kernel_functions.h"

#include "qmn_kernels_dsp.h"

namespace qmn {

namespace {
/// Scratch comes last. Where int8 meets int8 there are other functions beside `s8`.
template <class Layer>
using Functions = WeightedKernelFunctions<Layer, void*>;

constexpr Functions<qmn_conv2d> kConv2d{{qmn_conv2d_s8_dsp, qmn_conv2d_s8_s16_dsp, qmn_conv2d_s16_s8_dsp, qmn_conv2d_s16_dsp},
                                           {qmn_conv2d_s8_channels_dsp, qmn_conv2d_s8_s16_channels_dsp, qmn_conv2d_s16_s8_channels_dsp, qmn_conv2d_s16_channels_dsp}};
constexpr Functions<qmn_conv2d> kDepthwise{
    {qmn_depthwise_conv2d_s8_dsp, qmn_depthwise_conv2d_s8_s16_dsp, qmn_depthwise_conv2d_s16_s8_dsp, qmn_depthwise_conv2d_s16_dsp},
    {qmn_depthwise_conv2d_s8_channels_dsp, qmn_depthwise_conv2d_s8_s16_channels_dsp, qmn_depthwise_conv2d_s16_s8_channels_dsp, qmn_depthwise_conv2d_s16_channels_dsp}};
constexpr Functions<qmn_conv2d> kDepthwise3x3{
    {qmn_depthwise_conv2d_s8_3x3_dsp, qmn_depthwise_conv2d_s8_s16_3x3_dsp, qmn_depthwise_conv2d_s16_s8_3x3_dsp, qmn_depthwise_conv2d_s16_3x3_dsp},
    {qmn_depthwise_conv2d_s8_3x3_channels_dsp, qmn_depthwise_conv2d_s8_s16_3x3_channels_dsp, qmn_depthwise_conv2d_s16_s8_3x3_channels_dsp,
     qmn_depthwise_conv2d_s16_3x3_channels_dsp}};
constexpr Functions<qmn_conv2d> kDepthwise3x3Relu{
    {qmn_depthwise_conv2d_s8_3x3_relu_dsp, qmn_depthwise_conv2d_s8_s16_3x3_relu_dsp, qmn_depthwise_conv2d_s16_s8_3x3_relu_dsp, qmn_depthwise_conv2d_s16_3x3_relu_dsp},
    {qmn_depthwise_conv2d_s8_3x3_relu_channels_dsp, qmn_depthwise_conv2d_s8_s16_3x3_relu_channels_dsp, qmn_depthwise_conv2d_s16_s8_3x3_relu_channels_dsp,
     qmn_depthwise_conv2d_s16_3x3_relu_channels_dsp}};
constexpr Functions<qmn_fully_connected> kFullyConnected{
    {qmn_fully_connected_s8_dsp, qmn_fully_connected_s8_s16_dsp, qmn_fully_connected_s16_s8_dsp, qmn_fully_connected_s16_dsp},
    {qmn_fully_connected_s8_channels_dsp, qmn_fully_connected_s8_s16_channels_dsp, qmn_fully_connected_s16_s8_channels_dsp, qmn_fully_connected_s16_channels_dsp}};

}  // namespace

void run_dsp(const Program&, const Conv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  const qmn_conv2d layer = c_conv2d(kernel, at.in, at.out, as_reordered(kernel, constants));
  if (!constants.is_packed) return kConv2d(layer, kernel.epilogue, at, scratch);
  (kernel.epilogue.is_per_channel() ? qmn_conv2d_s8_packed_channels_dsp : qmn_conv2d_s8_packed_dsp)(&layer, at.input, at.output, scratch);
}

void run_dsp(const Program&, const DepthwiseConv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  const qmn_conv2d layer = c_conv2d(kernel, at.in, at.out, as_reordered(kernel, constants));
  const auto& functions = !is_3x3(kernel) ? kDepthwise : kernel.epilogue.clip_min >= 0 ? kDepthwise3x3Relu : kDepthwise3x3;
  functions(layer, kernel.epilogue, at, scratch);
}

void run_dsp(const Program& program, const FullyConnectedKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  if (runs_as_convolution(program, kernel)) return run_dsp(program, as_convolution(program, kernel), constants, at, scratch);
  kFullyConnected(c_fully_connected(at.in, at.out, as_reordered(kernel, constants)), kernel.epilogue, at, scratch);
}

void run_dsp(const Program&, const AveragePool2dKernel& kernel, const ReorderedConstants&, const Operands& at, std::int8_t*) {
  const qmn_average_pool2d layer = c_average_pool2d(kernel, at.in, at.out);
  qmn_average_pool2d_s8_dsp(&layer, at.input, at.output);
}

}  // namespace qmn
