// SPDX-License-Identifier: Apache-2.0
// program/program.h   The integer IR: kernel calls with CMSIS-NN semantics, NHWC, int8 constants and shifts, no float.
//
// The simulator and the emitter walk the same Program with the same MemoryPlan. The parameters of each kernel are defined by the C
// structs of runtime/qmn_kernels.h; here they own their constants.
#pragma once

#include "metadata/metadata.h"
#include "qformat/qformat.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace qmn {

/// Index into Program::tensors.
using TensorId = int;

/// An int8 activation, height × width × channels, in the arena.
struct ProgramTensor {
  std::string name;
  int height = 1, width = 1, channels = 1;
  QFormat format;
  int size_bytes() const { return height * width * channels * (format.total_bits / 8); }
};

/// 8-bit biases are shifted left by bias_shift; 32-bit ones stand at accumulator scale (bias_shift 0).
struct ProgramBias {
  QFormat format;                    ///< total_bits 8 or 32
  std::vector<std::int32_t> values;  ///< raw; within int8 when format.total_bits is 8
  int shift = 0;
};

struct Epilogue {
  int out_shift = 0;  ///< 0 … kMaxOutShift
  std::int8_t clip_min = -128;  ///< 0 for a fused ReLU
  std::int8_t clip_max = 127;
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
  std::int8_t clip_min = -128, clip_max = 127;
};
/// A change of format, with an optional clip: a ReLU that stands alone.
struct RequantizeKernel {
  std::string name;
  TensorId input = -1, output = -1;
  int left_shift = 0, right_shift = 0;
  std::int8_t clip_min = -128, clip_max = 127;
};
/// Base e; output Q0.7. exp_table[d] = floor(32768 · e^(-d · 2^-frac_bits(input)) + 0.5), d = 0 … 255.
struct SoftmaxKernel {
  std::string name;
  TensorId input = -1, output = -1;
  std::vector<std::uint16_t> exp_table;
};

using Kernel = std::variant<Conv2dKernel, DepthwiseConv2dKernel, FullyConnectedKernel, AveragePool2dKernel, RequantizeKernel, SoftmaxKernel>;

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

const std::string& kernel_name(const Kernel& kernel);
const char* kernel_op(const Kernel& kernel);  ///< "conv2d", "depthwise_conv2d", "fully_connected", "average_pool2d", "requantize", "softmax"
TensorId input_of(const Kernel& kernel);
TensorId output_of(const Kernel& kernel);
std::int64_t mac_count(const Program& program, const Kernel& kernel);
std::int64_t constant_bytes(const Kernel& kernel);  ///< weights, biases and tables in flash

/// Where every tensor lies in the one static arena. Offsets are multiples of kArenaAlignment.
struct MemoryPlan {
  std::vector<std::int64_t> offsets;  ///< a byte offset for each tensor
  std::int64_t arena_bytes = 0;
  std::int64_t lower_bound_bytes = 0;  ///< the largest sum of tensors that live at once: no plan can be smaller
};
inline constexpr int kArenaAlignment = 4;

/// What a target's kernel can do. Of the `ref` kernels only requantize and softmax may overwrite their input.
struct KernelTraits {
  bool can_alias_input = false;
  std::int64_t scratch_bytes = 0;
};
KernelTraits ref_traits(const Program& program, const Kernel& kernel);

}  // namespace qmn
