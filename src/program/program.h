// SPDX-License-Identifier: Apache-2.0
// program/program.h   The integer IR: kernel calls with CMSIS-NN semantics, NHWC, int8 weights and shifts, no float.
//
// The simulator and the emitter walk the same Program with the same MemoryPlan. The parameters of each kernel are defined by the C
// structs of runtime/qmn_kernels.h and qmn_elementwise.h; here they own their constants.
#pragma once

#include "metadata/metadata.h"
#include "qformat/curve.h"
#include "qformat/qformat.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace qmn {

/// Index into Program::tensors.
using TensorId = int;

/// An activation, height × width × channels, in the arena.
struct ProgramTensor {
  std::string name;
  int height = 1, width = 1, channels = 1;
  QFormat format;
  int value_count() const { return height * width * channels; }
  int size_bytes() const { return value_count() * (format.total_bits / 8); }
};

/// 8-bit biases are shifted left by bias_shift; 32-bit ones stand at accumulator scale (bias_shift 0), that of their channel.
struct ProgramBias {
  QFormat format;                    ///< total_bits 8 or 32; that of the widest channel where they differ
  std::vector<std::int32_t> values;  ///< raw; within int8 when format.total_bits is 8
  int shift = 0;
};

struct Epilogue {
  int out_shift = 0;  ///< 0 … kMaxOutShift
  std::int16_t clip_min = -128;  ///< 0 for a fused ReLU
  std::int16_t clip_max = 127;
  /// Of each output channel, where the channels' weights differ in format; out_shift is the smallest of them then. Empty: one for all.
  std::vector<std::uint8_t> out_shifts{};
  bool is_per_channel() const { return !out_shifts.empty(); }
  int shift_of(std::size_t channel) const { return is_per_channel() ? out_shifts.at(channel) : out_shift; }
};

/// weights [out][ky][kx][in]
struct Conv2dKernel {
  std::string name;
  TensorId input = -1, output = -1;
  std::string weights_name, bias_name;
  std::vector<std::int8_t> weights;
  QFormat weight_format;
  ProgramBias bias;
  Epilogue epilogue;
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, pad_top = 0, pad_left = 0;
};
/// weights [ky][kx][ch · multiplier]; output channel c reads input channel c / multiplier.
struct DepthwiseConv2dKernel {
  std::string name;
  TensorId input = -1, output = -1;
  std::string weights_name, bias_name;
  std::vector<std::int8_t> weights;
  QFormat weight_format;
  ProgramBias bias;
  Epilogue epilogue;
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, pad_top = 0, pad_left = 0;
};
/// weights [out][in]; the input is read as one row, in NHWC order.
struct FullyConnectedKernel {
  std::string name;
  TensorId input = -1, output = -1;
  std::string weights_name, bias_name;
  std::vector<std::int8_t> weights;
  QFormat weight_format;
  ProgramBias bias;
  Epilogue epilogue;
};
/// Mean over the part of the window inside the image, ties up; see runtime/qmn_kernels.h.
struct AveragePool2dKernel {
  std::string name;
  TensorId input = -1, output = -1;
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, pad_top = 0, pad_left = 0;
  int left_shift = 0, right_shift = 0;  ///< between the formats; at most one is not 0
  std::int16_t clip_min = -128, clip_max = 127;
};
/// A change of format between 8-bit tensors, with an optional clip: a ReLU that stands alone.
struct RequantizeKernel {
  std::string name;
  TensorId input = -1, output = -1;
  int left_shift = 0, right_shift = 0;
  std::int8_t clip_min = -128, clip_max = 127;
};
/// Base e; output Q0.7. exp_table[d] = floor(32768 · e^(-d · 2^-frac_bits(input)) + 0.5), d = 0 … 255.
/// Of 16 bits: coarse_exp_table[k] = floor(32768 · e^(-256k · 2^-frac_bits(input)) + 0.5) too, without the zeros at its end.
struct SoftmaxKernel {
  std::string name;
  TensorId input = -1, output = -1;
  std::vector<std::uint16_t> exp_table;
  std::vector<std::uint16_t> coarse_exp_table{};  ///< empty for an 8-bit input
};

/// Largest value of the part of the window inside the image; see runtime/qmn_kernels.h.
struct MaxPool2dKernel {
  std::string name;
  TensorId input = -1, output = -1;
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, pad_top = 0, pad_left = 0;
  int left_shift = 0, right_shift = 0;  ///< between the formats; at most one is not 0
  std::int8_t clip_min = -128, clip_max = 127;
};

/// An interval of raw values: the type's range, or a fused activation.
struct RawRange {
  std::int16_t min = -128, max = 127;
};
/// A right operand in flash: one value, one for each channel, or one for each value of the left operand.
struct ProgramConstant {
  std::string name;
  QFormat format;  ///< total_bits 8 or 16
  std::vector<std::int16_t> values;
};
/// left · left_factor + right · right_factor, exact, then rounded once; the factors are powers of two, a negative one subtracts.
struct AddKernel {
  std::string name;
  TensorId left = -1, right = -1, output = -1;  ///< right is -1 where the operand is the constant
  ProgramConstant constant;
  std::int32_t left_factor = 1, right_factor = 1;
  int out_shift = 0;
  RawRange clip;
};
struct MulKernel {
  std::string name;
  TensorId left = -1, right = -1, output = -1;  ///< right is -1 where the operand is the constant
  ProgramConstant constant;
  int out_shift = 0;
  RawRange clip;
};
/// Sigmoid or tanh of an 8-bit tensor: a table of 256 outputs.
struct LookupKernel {
  std::string name;
  TensorId input = -1, output = -1;
  Curve curve = Curve::sigmoid;
  std::vector<std::int16_t> table;
  int output_bits = 8;  ///< width of the table's entries
};
/// Sigmoid or tanh of a 16-bit tensor: lines between the entries of a table.
struct InterpolateKernel {
  std::string name;
  TensorId input = -1, output = -1;
  Curve curve = Curve::sigmoid;
  InterpolationTable table;
};
/// Which values go where, in values of the tensors, and the change of format on the way.
struct CopyRows {
  int rows = 1, row_count = 0;
  int in_first = 0, in_step = 0, out_first = 0, out_step = 0;
  int left_shift = 0, right_shift = 0;
};
/// A slice, or a change of format that involves 16 bits.
struct CopyKernel {
  std::string name;
  TensorId input = -1, output = -1;
  CopyRows copy;
  RawRange clip;
};
/// One copy for each input; together they fill the output.
struct ConcatKernel {
  std::string name;
  std::vector<TensorId> inputs;
  TensorId output = -1;
  std::vector<CopyRows> copies;  ///< as many as inputs
};
struct FillKernel {
  std::string name;
  TensorId output = -1;
  std::int16_t value = 0;
};

struct LoopKernel;
using Kernel = std::variant<Conv2dKernel, DepthwiseConv2dKernel, FullyConnectedKernel, AveragePool2dKernel, MaxPool2dKernel, RequantizeKernel,
                            SoftmaxKernel, AddKernel, MulKernel, LookupKernel, InterpolateKernel, CopyKernel, ConcatKernel, FillKernel, LoopKernel>;  ///< one call of the runtime, or a loop of calls

/// The body runs step_count times, in order.
struct LoopKernel {
  /// `outer` is step_count pieces, one behind the other; `slice` stands for the piece of the current step and has no memory of its own.
  struct Slice {
    TensorId outer = -1, slice = -1;
  };
  /// `state` is written before the loop, read in the body, and takes the value of `next`, which the body writes, at the end of each step.
  /// Nothing is copied where the plan puts both at one place.
  struct State {
    TensorId state = -1, next = -1;
  };
  std::string name;
  int step_count = 1;
  std::vector<Slice> inputs;   ///< the body reads the slices
  std::vector<Slice> outputs;  ///< the body writes the slices
  std::vector<State> states;
  std::vector<Kernel> body;
};

struct Program {
  std::string name;  ///< a C identifier
  std::vector<ProgramTensor> tensors;
  std::vector<Kernel> kernels;  ///< in order of execution
  TensorId input = -1;
  TensorId logits = -1;  ///< stays alive until the end
  TensorId output = -1;  ///< the scores (softmax of the logits), or the logits when there is no softmax
  Metadata metadata;     ///< labels and front end

  const ProgramTensor& tensor(TensorId id) const { return tensors.at(static_cast<std::size_t>(id)); }
};

const std::string& kernel_name(const Kernel& kernel);  ///< for messages and listings
/// "conv2d", "depthwise_conv2d", "fully_connected", "average_pool2d", "max_pool2d", "requantize", "softmax", "add", "mul", "lookup",
/// "interpolate", "copy", "concat", "fill", "loop"
const char* kernel_op(const Kernel& kernel);
/// The tensors that it reads; of a loop those that are written in front of it, states included.
std::vector<TensorId> inputs_of(const Kernel& kernel);
/// The tensors that it writes, one; of a loop those that are read behind it: its states, then its outputs.
std::vector<TensorId> outputs_of(const Kernel& kernel);
std::int64_t mac_count(const Program& program, const Kernel& kernel);  ///< of all steps of a loop

/// Calls visit(kernel, runs) in order of execution; a loop comes before its body, whose kernels run `runs` times.
template <class Visit>
void for_each_kernel(const std::vector<Kernel>& kernels, const Visit& visit, std::int64_t runs = 1) {
  for (const Kernel& kernel : kernels) {
    visit(kernel, runs);
    if (const auto* loop = std::get_if<LoopKernel>(&kernel)) for_each_kernel(loop->body, visit, runs * loop->step_count);
  }
}

/// Which form of the kernels a target runs: `ref` on any core, `dsp` where the core has the Armv7E-M DSP extension (Cortex-M4, M7, M33), `mve`
/// where it has Helium too (M55); a core has one of these, and runs it and all before it. `cmsis_nn_…` call CMSIS-NN where it computes what the
/// reference does (program/cmsis_nn.h). All forms give the same numbers.
enum class KernelVariant { ref, dsp, mve, cmsis_nn_q7, cmsis_nn_s8, cmsis_nn_s8_mve };
inline constexpr KernelVariant kKernelVariants[] = {KernelVariant::ref,         KernelVariant::dsp,         KernelVariant::mve,
                                                    KernelVariant::cmsis_nn_q7, KernelVariant::cmsis_nn_s8, KernelVariant::cmsis_nn_s8_mve};  ///< all of them
const char* variant_name(KernelVariant variant);  ///< "ref", "dsp", "mve", "cmsis_q7", "cmsis_s8", "cmsis_mve"
constexpr bool is_cmsis_nn(KernelVariant variant) {
  return variant == KernelVariant::cmsis_nn_q7 || variant == KernelVariant::cmsis_nn_s8 || variant == KernelVariant::cmsis_nn_s8_mve;
}

/// Where every tensor lies in the one static arena, for one variant of the kernels. Offsets are multiples of kArenaAlignment.
struct MemoryPlan {
  std::vector<std::int64_t> offsets;  ///< a byte offset for each tensor; a slice of a loop has that of its first step
  std::int64_t arena_bytes = 0;
  std::int64_t lower_bound_bytes = 0;  ///< the largest sum of tensors and scratch that live at once: no plan can be smaller
  KernelVariant variant = KernelVariant::ref;
  std::vector<std::int64_t> scratch_offsets{};  ///< of the scratch of the kernel that writes a tensor, by TensorId; empty where no kernel has any

  std::int64_t scratch_offset(TensorId output) const { return scratch_offsets.at(static_cast<std::size_t>(output)); }
};
inline constexpr int kArenaAlignment = 4;  ///< bytes

}  // namespace qmn
