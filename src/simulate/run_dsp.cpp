// SPDX-License-Identifier: Apache-2.0
#include "simulate/run_dsp.h"

#include "qmn_kernels_dsp.h"

namespace qmn {

namespace {

template <class Layer, class In, class Out>
using Function = void (*)(const Layer*, const In*, Out*, void*);

/// The functions of one form, by the types of its input and output; where int8 meets int8 there are others beside `s8`.
template <class Layer>
struct Functions {
  Function<Layer, std::int8_t, std::int8_t> s8;
  Function<Layer, std::int8_t, std::int16_t> s8_s16;
  Function<Layer, std::int16_t, std::int8_t> s16_s8;
  Function<Layer, std::int16_t, std::int16_t> s16;

  void operator()(const Layer& layer, const Operands& at, std::int8_t* scratch) const {
    const bool reads_16 = at.in.format.total_bits == 16, writes_16 = at.out.format.total_bits == 16;
    const auto* wide_input = reinterpret_cast<const std::int16_t*>(at.input);  // aligned: simulate/memory.h
    auto* wide_output = reinterpret_cast<std::int16_t*>(at.output);
    if (reads_16) writes_16 ? s16(&layer, wide_input, wide_output, scratch) : s16_s8(&layer, wide_input, at.output, scratch);
    else writes_16 ? s8_s16(&layer, at.input, wide_output, scratch) : s8(&layer, at.input, at.output, scratch);
  }
};

constexpr Functions<qmn_conv2d> kConv2d[2]{{qmn_conv2d_s8_dsp, qmn_conv2d_s8_s16_dsp, qmn_conv2d_s16_s8_dsp, qmn_conv2d_s16_dsp},
                                           {qmn_conv2d_s8_channels_dsp, qmn_conv2d_s8_s16_channels_dsp, qmn_conv2d_s16_s8_channels_dsp, qmn_conv2d_s16_channels_dsp}};
constexpr Functions<qmn_conv2d> kDepthwise[2]{
    {qmn_depthwise_conv2d_s8_dsp, qmn_depthwise_conv2d_s8_s16_dsp, qmn_depthwise_conv2d_s16_s8_dsp, qmn_depthwise_conv2d_s16_dsp},
    {qmn_depthwise_conv2d_s8_channels_dsp, qmn_depthwise_conv2d_s8_s16_channels_dsp, qmn_depthwise_conv2d_s16_s8_channels_dsp, qmn_depthwise_conv2d_s16_channels_dsp}};
constexpr Functions<qmn_conv2d> kDepthwise3x3[2]{
    {qmn_depthwise_conv2d_s8_3x3_dsp, qmn_depthwise_conv2d_s8_s16_3x3_dsp, qmn_depthwise_conv2d_s16_s8_3x3_dsp, qmn_depthwise_conv2d_s16_3x3_dsp},
    {qmn_depthwise_conv2d_s8_3x3_channels_dsp, qmn_depthwise_conv2d_s8_s16_3x3_channels_dsp, qmn_depthwise_conv2d_s16_s8_3x3_channels_dsp,
     qmn_depthwise_conv2d_s16_3x3_channels_dsp}};
constexpr Functions<qmn_conv2d> kDepthwise3x3Relu[2]{
    {qmn_depthwise_conv2d_s8_3x3_relu_dsp, qmn_depthwise_conv2d_s8_s16_3x3_relu_dsp, qmn_depthwise_conv2d_s16_s8_3x3_relu_dsp, qmn_depthwise_conv2d_s16_3x3_relu_dsp},
    {qmn_depthwise_conv2d_s8_3x3_relu_channels_dsp, qmn_depthwise_conv2d_s8_s16_3x3_relu_channels_dsp, qmn_depthwise_conv2d_s16_s8_3x3_relu_channels_dsp,
     qmn_depthwise_conv2d_s16_3x3_relu_channels_dsp}};
constexpr Functions<qmn_fully_connected> kFullyConnected[2]{
    {qmn_fully_connected_s8_dsp, qmn_fully_connected_s8_s16_dsp, qmn_fully_connected_s16_s8_dsp, qmn_fully_connected_s16_dsp},
    {qmn_fully_connected_s8_channels_dsp, qmn_fully_connected_s8_s16_channels_dsp, qmn_fully_connected_s16_s8_channels_dsp, qmn_fully_connected_s16_channels_dsp}};

}  // namespace

void run_dsp(const Program&, const Conv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  const qmn_conv2d layer = c_conv2d(kernel, at.in, at.out, as_reordered(kernel, constants));
  const bool is_per_channel = kernel.epilogue.is_per_channel();
  if (!constants.is_packed) return kConv2d[is_per_channel](layer, at, scratch);
  (is_per_channel ? qmn_conv2d_s8_packed_channels_dsp : qmn_conv2d_s8_packed_dsp)(&layer, at.input, at.output, scratch);
}

void run_dsp(const Program&, const DepthwiseConv2dKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  const qmn_conv2d layer = c_conv2d(kernel, at.in, at.out, as_reordered(kernel, constants));
  const auto& functions = !is_3x3(kernel) ? kDepthwise : kernel.epilogue.clip_min >= 0 ? kDepthwise3x3Relu : kDepthwise3x3;
  functions[kernel.epilogue.is_per_channel()](layer, at, scratch);
}

void run_dsp(const Program& program, const FullyConnectedKernel& kernel, const ReorderedConstants& constants, const Operands& at, std::int8_t* scratch) {
  if (runs_as_convolution(program, kernel)) return run_dsp(program, as_convolution(program, kernel), constants, at, scratch);
  kFullyConnected[kernel.epilogue.is_per_channel()](c_fully_connected(at.in, at.out, as_reordered(kernel, constants)), at, scratch);
}

void run_dsp(const Program&, const AveragePool2dKernel& kernel, const ReorderedConstants&, const Operands& at, std::int8_t*) {
  const qmn_average_pool2d layer = c_average_pool2d(kernel, at.in, at.out);
  qmn_average_pool2d_s8_dsp(&layer, at.input, at.output);
}

}  // namespace qmn
