// SPDX-License-Identifier: Apache-2.0
#include "simulate/run_kernel.h"

#include "program/traits.h"
#include "simulate/c_layers.h"
#include "simulate/kernel_functions.h"
#include "simulate/run_dsp.h"
#include "simulate/run_elementwise.h"
#include "simulate/run_mve.h"

#include "qmn_kernels.h"

#include <algorithm>

namespace qmn {
namespace {

constexpr WeightedKernelFunctions<qmn_conv2d> kConv2d{
    {qmn_conv2d_s8_ref, qmn_conv2d_s8_s16_ref, qmn_conv2d_s16_s8_ref, qmn_conv2d_s16_ref},
    {qmn_conv2d_s8_channels_ref, qmn_conv2d_s8_s16_channels_ref, qmn_conv2d_s16_s8_channels_ref, qmn_conv2d_s16_channels_ref}};
constexpr WeightedKernelFunctions<qmn_conv2d> kDepthwiseConv2d{
    {qmn_depthwise_conv2d_s8_ref, qmn_depthwise_conv2d_s8_s16_ref, qmn_depthwise_conv2d_s16_s8_ref, qmn_depthwise_conv2d_s16_ref},
    {qmn_depthwise_conv2d_s8_channels_ref, qmn_depthwise_conv2d_s8_s16_channels_ref, qmn_depthwise_conv2d_s16_s8_channels_ref,
     qmn_depthwise_conv2d_s16_channels_ref}};
constexpr WeightedKernelFunctions<qmn_fully_connected> kFullyConnected{
    {qmn_fully_connected_s8_ref, qmn_fully_connected_s8_s16_ref, qmn_fully_connected_s16_s8_ref, qmn_fully_connected_s16_ref},
    {qmn_fully_connected_s8_channels_ref, qmn_fully_connected_s8_s16_channels_ref, qmn_fully_connected_s16_s8_channels_ref,
     qmn_fully_connected_s16_channels_ref}};
constexpr KernelFunctions<qmn_average_pool2d> kAveragePool2d{qmn_average_pool2d_s8_ref, qmn_average_pool2d_s8_s16_ref, qmn_average_pool2d_s16_s8_ref,
                                                       qmn_average_pool2d_s16_ref};

void run(const Conv2dKernel& kernel, const Operands& at) {
  const BiasView bias(kernel.bias);
  kConv2d(c_conv2d(kernel, at.in, at.out, as_lowered(kernel, bias)), kernel.epilogue, at);
}

void run(const DepthwiseConv2dKernel& kernel, const Operands& at) {
  const BiasView bias(kernel.bias);
  kDepthwiseConv2d(c_conv2d(kernel, at.in, at.out, as_lowered(kernel, bias)), kernel.epilogue, at);
}

void run(const FullyConnectedKernel& kernel, const Operands& at) {
  const BiasView bias(kernel.bias);
  kFullyConnected(c_fully_connected(at.in, at.out, as_lowered(kernel, bias)), kernel.epilogue, at);
}

void run(const AveragePool2dKernel& kernel, const Operands& at) { kAveragePool2d(c_average_pool2d(kernel, at.in, at.out), at); }

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
  Machine(const Program& program, const MemoryPlan& plan, const PreparedKernels& prepared, Workspace& workspace, const OnWritten& on_written)
      : program_(program), plan_(plan), prepared_(prepared), workspace_(workspace), memory_(program, plan, workspace.arena.data()), on_written_(on_written) {}

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
      if (const X86Kernel* x86 = prepared_.x86[static_cast<std::size_t>(kernel.output)].get()) {
        return x86->run(memory_.bytes(kernel.input), memory_.bytes(kernel.output), workspace_.scratch.data());
      }
      const Operands at{.in = memory_.tensor(kernel.input), .out = memory_.tensor(kernel.output), .input = memory_.bytes(kernel.input), .output = memory_.bytes(kernel.output)};
      if (runs_device_form(kernel, at)) return;
      run(kernel, at);
    } else {
      run(kernel, memory_);
    }
  }

  /// Runs the kernel's form of the device, if the plan asks for one.
  template <class K>
  bool runs_device_form(const K& kernel, const Operands& at) const {
    if constexpr (requires(const ReorderedConstants& constants) { run_dsp(program_, kernel, constants, at, at.output); }) {
      const auto found = prepared_.device.find(kernel.output);
      if (found == prepared_.device.end()) return false;
      std::int8_t* const scratch = workspace_.arena.data() + (plan_.scratch_offsets.empty() ? 0 : plan_.scratch_offset(kernel.output));
      const auto& [form, constants] = found->second;
      if (form == KernelVariant::mve) run_mve(program_, kernel, constants, at, scratch);
      else run_dsp(program_, kernel, constants, at, scratch);
      return true;
    } else {
      return false;
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

  const Program& program_;
  const MemoryPlan& plan_;
  const PreparedKernels& prepared_;
  Workspace& workspace_;
  Memory memory_;
  const OnWritten& on_written_;
};

}  // namespace

PreparedKernels::PreparedKernels(const Program& program, const MemoryPlan& plan, HostKernels host_kernels) : x86(program.tensors.size()) {
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    if (plan.variant == KernelVariant::ref || is_cmsis_nn(plan.variant)) {  // CMSIS-NN runs where it computes what the reference does
      if (host_kernels == HostKernels::reference || std::holds_alternative<LoopKernel>(kernel)) return;
      auto& made = x86.at(static_cast<std::size_t>(outputs_of(kernel).front()));
      made = make_x86_kernel(program, kernel);
      if (made) scratch_values = std::max(scratch_values, made->scratch_values());
      return;
    }
    const KernelVariant form = traits_of(program, kernel, plan.variant).variant;
    if (form == KernelVariant::ref) return;
    ReorderedConstants constants;
    std::visit(
        [&](const auto& k) {
          if constexpr (requires { k.weights; }) constants = reordered_constants(program, k, form);
        },
        kernel);
    device.emplace(outputs_of(kernel).front(), DeviceForm{form, std::move(constants)});
  });
}

void run_kernels(const Program& program, const MemoryPlan& plan, const PreparedKernels& prepared, Workspace& workspace, const OnWritten& on_written) {
  Machine(program, plan, prepared, workspace, on_written).run_all(program.kernels);
}

}  // namespace qmn
