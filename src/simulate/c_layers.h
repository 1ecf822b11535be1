// SPDX-License-Identifier: Apache-2.0
// simulate/c_layers.h   Kernels of a Program with weights, and average pools, as the C structs of runtime/qmn_kernels.h.
#pragma once

#include "program/dsp_layout.h"
#include "program/program.h"

#include "qmn_kernels.h"

#include <cstdint>
#include <vector>

namespace qmn {

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

inline qmn_epilogue c_epilogue(const Epilogue& epilogue) {
  qmn_epilogue view{{epilogue.out_shift}, epilogue.clip_min, epilogue.clip_max};
  if (epilogue.is_per_channel()) view.out_shifts = epilogue.out_shifts.data();
  return view;
}

/// The constants that a kernel's C struct points to.
struct ConstantsView {
  const std::int8_t* weights;
  qmn_bias bias;
  qmn_epilogue epilogue;
};

/// As the reference reads them. `bias` outlives it.
template <class K>
ConstantsView as_lowered(const K& kernel, const BiasView& bias) {
  return {kernel.weights.data(), bias.view(), c_epilogue(kernel.epilogue)};
}

template <class K>
ConstantsView as_reordered(const K& kernel, const ReorderedConstants& constants) {
  qmn_epilogue epilogue = c_epilogue(kernel.epilogue);
  if (kernel.epilogue.is_per_channel()) epilogue.out_shifts = constants.out_shifts.data();
  return {constants.weights.data(), {nullptr, constants.biases.data(), 0}, epilogue};
}

template <class K>
qmn_conv2d c_conv2d(const K& kernel, const ProgramTensor& in, const ProgramTensor& out, const ConstantsView& constants) {
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
          .weights = constants.weights,
          .bias = constants.bias,
          .epilogue = constants.epilogue};
}

inline qmn_fully_connected c_fully_connected(const ProgramTensor& in, const ProgramTensor& out, const ConstantsView& constants) {
  return {.in_count = in.value_count(), .out_count = out.value_count(), .weights = constants.weights, .bias = constants.bias, .epilogue = constants.epilogue};
}

inline qmn_average_pool2d c_average_pool2d(const AveragePool2dKernel& kernel, const ProgramTensor& in, const ProgramTensor& out) {
  return {.in_h = in.height,
          .in_w = in.width,
          .channels = in.channels,
          .out_h = out.height,
          .out_w = out.width,
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
}

/// What a kernel with one input works on.
struct Operands {
  const ProgramTensor& in;
  const ProgramTensor& out;
  const std::int8_t* input;
  std::int8_t* output;
};

}  // namespace qmn
