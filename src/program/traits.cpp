// SPDX-License-Identifier: Apache-2.0
#include "program/traits.h"

#include "program/cmsis_nn.h"
#include "program/mve_layout.h"

#include "qmn_kernels_mve.h"

#include <algorithm>
#include <type_traits>

namespace qmn {
namespace {

constexpr int kMostPooledValues = 255;
constexpr int kMostVectorColumns = 16, kPlanesEnd = 1 << 16;

template <class K>
inline constexpr bool kHasWeights =
    std::is_same_v<K, Conv2dKernel> || std::is_same_v<K, DepthwiseConv2dKernel> || std::is_same_v<K, FullyConnectedKernel>;

template <class K>
bool is_8_bit(const Program& program, const K& kernel) {
  return program.tensor(kernel.input).format.total_bits == 8 && program.tensor(kernel.output).format.total_bits == 8;
}

/// May overwrite its input: pixel by pixel.
bool is_pixelwise(const Program& program, const Conv2dKernel& k) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  return k.kernel_h == 1 && k.kernel_w == 1 && k.stride_h == 1 && k.stride_w == 1 && k.pad_top == 0 && k.pad_left == 0 && in.height == out.height &&
         in.width == out.width && in.channels == out.channels;
}

KernelTraits dsp_traits(const Program& program, const Conv2dKernel& k) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  const int columns = k.kernel_h * k.kernel_w * in.channels;
  return {KernelVariant::dsp, is_pixelwise(program, k),
          out.format.total_bits == 16 ? QMN_CONV2D_S16_DSP_SCRATCH_BYTES(columns, out.channels) : QMN_CONV2D_S8_DSP_SCRATCH_BYTES(columns, out.channels)};
}

/// May overwrite its input: channel by channel.
KernelTraits dsp_traits(const Program& program, const DepthwiseConv2dKernel& k) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  return {KernelVariant::dsp, in.height == out.height && in.width == out.width,
          QMN_DEPTHWISE_S8_DSP_SCRATCH_BYTES(out.height, out.width, k.stride_h, k.stride_w, k.kernel_h, k.kernel_w)};
}

KernelTraits dsp_traits(const Program& program, const FullyConnectedKernel& k) {
  if (runs_as_convolution(program, k)) return {KernelVariant::dsp, false, dsp_traits(program, as_convolution(program, k)).scratch_bytes};
  return {KernelVariant::dsp, false, QMN_FULLY_CONNECTED_S8_DSP_SCRATCH_BYTES(program.tensor(k.input).value_count())};
}

KernelTraits dsp_traits(const Program&, const AveragePool2dKernel&) { return {KernelVariant::dsp, false, 0}; }

bool has_dsp_form(const Program&, const Conv2dKernel&) { return true; }
bool has_dsp_form(const Program& program, const DepthwiseConv2dKernel& k) {
  return program.tensor(k.input).channels == program.tensor(k.output).channels && k.dilation_h == 1 && k.dilation_w == 1;
}
bool has_dsp_form(const Program&, const FullyConnectedKernel& k) { return !k.weights.empty(); }
bool has_dsp_form(const Program& program, const AveragePool2dKernel& k) {
  return is_8_bit(program, k) && program.tensor(k.input).channels % 4 == 0 && k.kernel_h * k.kernel_w <= kMostPooledValues;
}

KernelTraits mve_traits(const Program& program, const Conv2dKernel& k) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  return {KernelVariant::mve, is_pixelwise(program, k), QMN_CONV2D_S8_MVE_SCRATCH_BYTES(k.kernel_h * k.kernel_w * in.channels, out.channels)};
}
KernelTraits mve_traits(const Program& program, const DepthwiseConv2dKernel& k) {
  const ProgramTensor &in = program.tensor(k.input), &out = program.tensor(k.output);
  const int pitch = QMN_DEPTHWISE_S8_MVE_PITCH(in.width, out.width, k.stride_w, k.kernel_w, k.pad_left);
  const int rows = QMN_DEPTHWISE_S8_MVE_ROWS(in.height, out.height, k.stride_h, k.kernel_h, k.pad_top);
  return {KernelVariant::mve, in.height == out.height && in.width == out.width, QMN_DEPTHWISE_S8_MVE_SCRATCH_BYTES(rows, pitch, out.height, k.kernel_h)};
}
KernelTraits mve_traits(const Program& program, const FullyConnectedKernel& k) {
  return {KernelVariant::mve, false, QMN_FULLY_CONNECTED_S8_MVE_SCRATCH_BYTES(program.tensor(k.input).value_count(), program.tensor(k.output).value_count())};
}
KernelTraits mve_traits(const Program&, const AveragePool2dKernel&) { return {KernelVariant::mve, false, 0}; }

bool has_mve_form(const Program& program, const Conv2dKernel& k) { return is_8_bit(program, k); }
bool has_mve_form(const Program& program, const DepthwiseConv2dKernel& k) {
  return is_8_bit(program, k) && has_dsp_form(program, k) && k.kernel_w <= kMostVectorColumns && mve_traits(program, k).scratch_bytes < kPlanesEnd;
}
bool has_mve_form(const Program& program, const FullyConnectedKernel& k) { return is_8_bit(program, k) && has_dsp_form(program, k); }
bool has_mve_form(const Program& program, const AveragePool2dKernel& k) { return is_8_bit(program, k) && k.kernel_h * k.kernel_w <= kMostPooledValues; }

/// What of a kernel works value by value may overwrite an input.
template <class K>
KernelTraits ref_traits() {
  return {.can_alias_input = std::is_same_v<K, AddKernel> || std::is_same_v<K, MulKernel> || std::is_same_v<K, LookupKernel> ||
                             std::is_same_v<K, InterpolateKernel> || std::is_same_v<K, RequantizeKernel> || std::is_same_v<K, SoftmaxKernel>};
}

std::int64_t reordered_bytes(const ReorderedConstants& constants) {
  return static_cast<std::int64_t>(constants.weights.size() + constants.biases.size() * sizeof(std::int32_t) + constants.out_shifts.size());
}

std::int64_t bytes_of(std::size_t values, int bits) { return static_cast<std::int64_t>(values) * (bits / 8); }

}  // namespace

KernelTraits traits_of(const Program& program, const Kernel& kernel, KernelVariant variant) {
  if (is_cmsis_nn(variant) && !cmsis_nn_obstacle(program, kernel, variant)) {
    return {.variant = variant, .can_alias_input = false, .scratch_bytes = cmsis_nn_scratch_bytes(program, kernel, variant)};
  }
  return std::visit(
      [&](const auto& k) {
        using K = std::decay_t<decltype(k)>;
        if constexpr (requires { dsp_traits(program, k); }) {
          if (variant == KernelVariant::mve && has_mve_form(program, k)) return mve_traits(program, k);
          if ((variant == KernelVariant::dsp || variant == KernelVariant::mve) && has_dsp_form(program, k)) return dsp_traits(program, k);
        }
        return ref_traits<K>();
      },
      kernel);
}

bool may_overwrite(const Program& program, const Kernel& kernel, TensorId input, KernelVariant variant) {
  if (!traits_of(program, kernel, variant).can_alias_input) return false;
  const ProgramTensor &in = program.tensor(input), &out = program.tensor(outputs_of(kernel).front());
  return in.format.total_bits == out.format.total_bits && in.value_count() == out.value_count();
}

std::int64_t constant_bytes(const Program& program, const Kernel& kernel, KernelVariant variant) {
  const KernelVariant form = traits_of(program, kernel, variant).variant;
  if (is_cmsis_nn(form)) return cmsis_nn_constant_bytes(program, kernel, form);
  return std::visit(
      [&](const auto& k) -> std::int64_t {
        using K = std::decay_t<decltype(k)>;
        if constexpr (kHasWeights<K>) {
          if (form != KernelVariant::ref) return reordered_bytes(reordered_constants(program, k, form));
          return bytes_of(k.weights.size(), 8) + bytes_of(k.bias.values.size(), k.bias.format.total_bits) + bytes_of(k.epilogue.out_shifts.size(), 8);
        } else if constexpr (std::is_same_v<K, SoftmaxKernel>) {
          return bytes_of(k.exp_table.size() + k.coarse_exp_table.size(), 16);
        } else if constexpr (requires { k.constant; }) {
          return bytes_of(k.constant.values.size(), k.constant.format.total_bits);
        } else if constexpr (std::is_same_v<K, LookupKernel>) {
          return bytes_of(k.table.size(), k.output_bits);
        } else if constexpr (std::is_same_v<K, InterpolateKernel>) {
          return bytes_of(k.table.values.size(), 16);
        } else if constexpr (std::is_same_v<K, LoopKernel>) {
          std::int64_t bytes = 0;
          for (const Kernel& inner : k.body) bytes += constant_bytes(program, inner, variant);
          return bytes;
        } else {
          return 0;
        }
      },
      kernel);
}

std::int64_t constant_bytes(const Program& program, KernelVariant variant) {
  std::int64_t bytes = 4 * std::int64_t{cmsis_nn_multiplier_count(program, variant)};
  for (const Kernel& kernel : program.kernels) bytes += constant_bytes(program, kernel, variant);
  return bytes;
}

}  // namespace qmn
