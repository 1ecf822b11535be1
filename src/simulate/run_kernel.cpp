// SPDX-License-Identifier: Apache-2.0
#include "simulate/run_kernel.h"

#include "simulate/run_elementwise.h"

#include "qmn_kernels.h"

#include <algorithm>
#include <vector>

namespace qmn {
namespace {

/// A C bias over a ProgramBias; 8-bit values are narrowed into a store of its own.
class BiasView {
 public:
  explicit BiasView(const ProgramBias& bias) : view_{nullptr, nullptr, bias.shift} {
    if (bias.format.total_bits == 8) {
      narrow_.reserve(bias.values.size());
      for (std::int32_t raw : bias.values) narrow_.push_back(static_cast<std::int8_t>(raw));
      view_.s8 = narrow_.data();
    } else {
      view_.s32 = bias.values.data();
    }
  }
  BiasView(const BiasView&) = delete;
  BiasView& operator=(const BiasView&) = delete;
  const qmn_bias& view() const { return view_; }

 private:
  std::vector<std::int8_t> narrow_;
  qmn_bias view_;
};

qmn_epilogue c_epilogue(const Epilogue& epilogue) {
  qmn_epilogue view{{epilogue.out_shift}, epilogue.clip_min, epilogue.clip_max};
  if (epilogue.is_per_channel()) view.out_shifts = epilogue.out_shifts.data();
  return view;
}

template <class K>
qmn_conv2d c_conv2d(const K& kernel, const ProgramTensor& in, const ProgramTensor& out, const BiasView& bias) {
  return {.in_h = in.height,
          .in_w = in.width,
          .in_c = in.channels,
          .out_h = out.height,
          .out_w = out.width,
          .out_c = out.channels,
          .kernel_h = kernel.kernel_h,
          .kernel_w = kernel.kernel_w,
          .stride_h = kernel.stride_h,
          .stride_w = kernel.stride_w,
          .dilation_h = kernel.dilation_h,
          .dilation_w = kernel.dilation_w,
          .pad_top = kernel.pad_top,
          .pad_left = kernel.pad_left,
          .weights = kernel.weights.data(),
          .bias = bias.view(),
          .epilogue = c_epilogue(kernel.epilogue)};
}

/// What a kernel with one input works on.
struct Operands {
  const ProgramTensor& in;
  const ProgramTensor& out;
  const std::int8_t* input;
  std::int8_t* output;
};

template <class Layer, class In, class Out>
using Function = void (*)(const Layer*, const In*, Out*);

/// The functions of one kernel, by the types of its input and output.
template <class Layer>
struct Functions {
  Function<Layer, std::int8_t, std::int8_t> s8;
  Function<Layer, std::int8_t, std::int16_t> s8_s16;
  Function<Layer, std::int16_t, std::int8_t> s16_s8;
  Function<Layer, std::int16_t, std::int16_t> s16;

  void operator()(const Layer& layer, const Operands& at) const {
    const bool reads_16 = at.in.format.total_bits == 16, writes_16 = at.out.format.total_bits == 16;
    const auto* wide_input = reinterpret_cast<const std::int16_t*>(at.input);  // aligned: simulate/memory.h
    auto* wide_output = reinterpret_cast<std::int16_t*>(at.output);
    if (reads_16) writes_16 ? s16(&layer, wide_input, wide_output) : s16_s8(&layer, wide_input, at.output);
    else writes_16 ? s8_s16(&layer, at.input, wide_output) : s8(&layer, at.input, at.output);
  }
};

/// A shift for all channels, or one for each.
template <class Layer>
struct WeightedFunctions {
  Functions<Layer> plain, channels;
  void operator()(const Layer& layer, const Epilogue& epilogue, const Operands& at) const { (epilogue.is_per_channel() ? channels : plain)(layer, at); }
};

constexpr WeightedFunctions<qmn_conv2d> kConv2d{
    {qmn_conv2d_s8_ref, qmn_conv2d_s8_s16_ref, qmn_conv2d_s16_s8_ref, qmn_conv2d_s16_ref},
    {qmn_conv2d_s8_channels_ref, qmn_conv2d_s8_s16_channels_ref, qmn_conv2d_s16_s8_channels_ref, qmn_conv2d_s16_channels_ref}};
constexpr WeightedFunctions<qmn_conv2d> kDepthwiseConv2d{
    {qmn_depthwise_conv2d_s8_ref, qmn_depthwise_conv2d_s8_s16_ref, qmn_depthwise_conv2d_s16_s8_ref, qmn_depthwise_conv2d_s16_ref},
    {qmn_depthwise_conv2d_s8_channels_ref, qmn_depthwise_conv2d_s8_s16_channels_ref, qmn_depthwise_conv2d_s16_s8_channels_ref,
     qmn_depthwise_conv2d_s16_channels_ref}};
constexpr WeightedFunctions<qmn_fully_connected> kFullyConnected{
    {qmn_fully_connected_s8_ref, qmn_fully_connected_s8_s16_ref, qmn_fully_connected_s16_s8_ref, qmn_fully_connected_s16_ref},
    {qmn_fully_connected_s8_channels_ref, qmn_fully_connected_s8_s16_channels_ref, qmn_fully_connected_s16_s8_channels_ref,
     qmn_fully_connected_s16_channels_ref}};
constexpr Functions<qmn_average_pool2d> kAveragePool2d{qmn_average_pool2d_s8_ref, qmn_average_pool2d_s8_s16_ref, qmn_average_pool2d_s16_s8_ref,
                                                       qmn_average_pool2d_s16_ref};

void run(const Conv2dKernel& kernel, const Operands& at) {
  const BiasView bias(kernel.bias);
  kConv2d(c_conv2d(kernel, at.in, at.out, bias), kernel.epilogue, at);
}

void run(const DepthwiseConv2dKernel& kernel, const Operands& at) {
  const BiasView bias(kernel.bias);
  kDepthwiseConv2d(c_conv2d(kernel, at.in, at.out, bias), kernel.epilogue, at);
}

void run(const FullyConnectedKernel& kernel, const Operands& at) {
  const BiasView bias(kernel.bias);
  kFullyConnected({.in_count = at.in.value_count(),
                   .out_count = at.out.value_count(),
                   .weights = kernel.weights.data(),
                   .bias = bias.view(),
                   .epilogue = c_epilogue(kernel.epilogue)},
                  kernel.epilogue, at);
}

void run(const AveragePool2dKernel& kernel, const Operands& at) {
  const qmn_average_pool2d layer{.in_h = at.in.height,
                                 .in_w = at.in.width,
                                 .channels = at.in.channels,
                                 .out_h = at.out.height,
                                 .out_w = at.out.width,
                                 .kernel_h = kernel.kernel_h,
                                 .kernel_w = kernel.kernel_w,
                                 .stride_h = kernel.stride_h,
                                 .stride_w = kernel.stride_w,
                                 .pad_top = kernel.pad_top,
                                 .pad_left = kernel.pad_left,
                                 .left_shift = kernel.left_shift,
                                 .right_shift = kernel.right_shift,
                                 .clip_min = kernel.clip_min,
                                 .clip_max = kernel.clip_max};
  kAveragePool2d(layer, at);
}

void run(const MaxPool2dKernel& kernel, const Operands& at) {
  const qmn_max_pool2d layer{.in_h = at.in.height,
                             .in_w = at.in.width,
                             .channels = at.in.channels,
                             .out_h = at.out.height,
                             .out_w = at.out.width,
                             .kernel_h = kernel.kernel_h,
                             .kernel_w = kernel.kernel_w,
                             .stride_h = kernel.stride_h,
                             .stride_w = kernel.stride_w,
                             .pad_top = kernel.pad_top,
                             .pad_left = kernel.pad_left,
                             .left_shift = kernel.left_shift,
                             .right_shift = kernel.right_shift,
                             .clip_min = kernel.clip_min,
                             .clip_max = kernel.clip_max};
  qmn_max_pool2d_s8_ref(&layer, at.input, at.output);
}

void run(const RequantizeKernel& kernel, const Operands& at) {
  const qmn_requantize layer{.count = at.in.value_count(),
                             .left_shift = kernel.left_shift,
                             .right_shift = kernel.right_shift,
                             .clip_min = kernel.clip_min,
                             .clip_max = kernel.clip_max};
  qmn_requantize_s8_ref(&layer, at.input, at.output);
}

void run(const SoftmaxKernel& kernel, const Operands& at) {
  if (at.in.format.total_bits == 16) {
    const qmn_softmax_s16 layer{.count = at.in.value_count(),
                                .coarse_count = static_cast<std::int32_t>(kernel.coarse_exp_table.size()),
                                .coarse = kernel.coarse_exp_table.data(),
                                .fine = kernel.exp_table.data()};
    return qmn_softmax_s16_s8_ref(&layer, reinterpret_cast<const std::int16_t*>(at.input), at.output);
  }
  const qmn_softmax layer{.count = at.in.value_count(), .exp_table = kernel.exp_table.data()};
  qmn_softmax_s8_ref(&layer, at.input, at.output);
}

class Machine {
 public:
  Machine(const Program& program, const MemoryPlan& plan, std::int8_t* arena, const OnWritten& on_written)
      : memory_(program, plan, arena), on_written_(on_written) {}

  void run_all(const std::vector<Kernel>& kernels) {
    for (const Kernel& kernel : kernels) {
      std::visit([&](const auto& k) { run_one(k); }, kernel);
      if (!on_written_) continue;
      for (TensorId id : outputs_of(kernel)) on_written_(id, memory_.bytes(id));
    }
  }

 private:
  template <class K>
  void run_one(const K& kernel) {
    if constexpr (requires(const Operands& at) { run(kernel, at); }) {
      run(kernel, Operands{.in = memory_.tensor(kernel.input),
                           .out = memory_.tensor(kernel.output),
                           .input = memory_.bytes(kernel.input),
                           .output = memory_.bytes(kernel.output)});
    } else {
      run(kernel, memory_);
    }
  }

  void run_one(const LoopKernel& loop) {
    for (int step = 0; step < loop.step_count; ++step) {
      for (const auto* slices : {&loop.inputs, &loop.outputs}) {
        for (const auto& [outer, slice] : *slices) memory_.move(slice, memory_.bytes(outer) + step * memory_.tensor(slice).size_bytes());
      }
      run_all(loop.body);
      for (const auto& [state, next] : loop.states) {
        if (memory_.bytes(state) != memory_.bytes(next)) std::copy_n(memory_.bytes(next), memory_.tensor(next).size_bytes(), memory_.bytes(state));
      }
    }
  }

  Memory memory_;
  const OnWritten& on_written_;
};

}  // namespace

void run_kernels(const Program& program, const MemoryPlan& plan, std::int8_t* arena, const OnWritten& on_written) {
  Machine(program, plan, arena, on_written).run_all(program.kernels);
}

}  // namespace qmn
