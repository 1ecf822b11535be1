// SPDX-License-Identifier: Apache-2.0
// emit/runtime_names.cpp   Which C function runs a kernel, and the file that it stands in.
#include "base/check.h"
#include "emit/artifacts.h"
#include "program/mve_layout.h"
#include "program/traits.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

namespace qmn {
namespace {

/// Kernels whose functions exist for several types, all in one file.
template <class K>
inline constexpr bool kIsTyped = std::is_same_v<K, AddKernel> || std::is_same_v<K, MulKernel> || std::is_same_v<K, LookupKernel> ||
                                 std::is_same_v<K, InterpolateKernel> || std::is_same_v<K, CopyKernel> || std::is_same_v<K, FillKernel>;

/// Kernels whose functions exist for several types, in one file for int8 and one for all that has an int16 side.
template <class K>
inline constexpr bool kHasWideFile = std::is_same_v<K, Conv2dKernel> || std::is_same_v<K, DepthwiseConv2dKernel> || std::is_same_v<K, FullyConnectedKernel> ||
                                     std::is_same_v<K, AveragePool2dKernel> || std::is_same_v<K, SoftmaxKernel>;

std::string type_name(int bits) { return fmt::format("s{}", bits); }

/// Inputs, then the output where it differs; equal inputs once: s8, s8_s16, s8s16_s16.
std::string type_names(const std::vector<int>& input_bits, int output_bits) {
  std::string inputs;
  bool is_uniform = true;
  for (int bits : input_bits) is_uniform = is_uniform && bits == input_bits.front();
  if (input_bits.empty()) return type_name(output_bits);
  for (int bits : is_uniform ? std::vector{input_bits.front()} : input_bits) inputs += type_name(bits);
  return is_uniform && input_bits.front() == output_bits ? inputs : fmt::format("{}_{}", inputs, type_name(output_bits));
}

/// What stands between type and channels in the name of a function: the case that it is written for.
template <class K>
std::string shape_of(const Program& program, const K& kernel, KernelVariant form) {
  if (form == KernelVariant::ref) return "";
  if (form == KernelVariant::mve) {
    if constexpr (std::is_same_v<K, DepthwiseConv2dKernel>) return is_narrow(program, kernel) ? "_narrow" : "";
    return "";
  }
  if constexpr (std::is_same_v<K, Conv2dKernel>) {
    return packs_rows(program, kernel) ? "_packed" : "";
  } else if constexpr (std::is_same_v<K, DepthwiseConv2dKernel>) {
    return !is_3x3(kernel) ? "" : kernel.epilogue.clip_min >= 0 ? "_3x3_relu" : "_3x3";
  } else {
    return "";
  }
}

}  // namespace

std::string kernels_header(KernelVariant variant) {
  return variant == KernelVariant::ref || is_cmsis_nn(variant) ? "qmn_kernels.h" : fmt::format("qmn_kernels_{}.h", variant_name(variant));
}

std::string runtime_function(const Program& program, const Kernel& kernel, KernelVariant variant) {
  const auto bits = [&](TensorId id) { return program.tensor(id).format.total_bits; };
  return std::visit(
      [&](const auto& k) -> std::string {
        using K = std::decay_t<decltype(k)>;
        if constexpr (kHasWideFile<K>) {
          const KernelVariant form = traits_of(program, kernel, variant).variant;
          if constexpr (std::is_same_v<K, FullyConnectedKernel>) {
            if (form == KernelVariant::dsp && runs_as_convolution(program, k)) return runtime_function(program, as_convolution(program, k), variant);
          }
          const std::string shape = shape_of(program, k, form);
          std::string channels;
          if constexpr (requires { k.epilogue; }) channels = k.epilogue.is_per_channel() ? "_channels" : "";
          return fmt::format("qmn_{}_{}{}{}_{}", kernel_op(kernel), type_names({bits(k.input)}, bits(k.output)), shape, channels, variant_name(form));
        } else if constexpr (!kIsTyped<K>) {
          QMN_CHECK((!std::is_same_v<K, ConcatKernel> && !std::is_same_v<K, LoopKernel>), "a kernel with one function");
          return fmt::format("qmn_{}_s8_ref", kernel_op(kernel));
        } else {
          std::vector<int> inputs;
          for (TensorId id : inputs_of(kernel)) inputs.push_back(bits(id));
          if constexpr (requires { k.constant; }) {
            if (k.right < 0) inputs.push_back(k.constant.format.total_bits);
          }
          return fmt::format("qmn_{}_{}_ref", kernel_op(kernel), type_names(inputs, bits(k.output)));
        }
      },
      kernel);
}

std::string copy_function(const Program& program, TensorId input, TensorId output) {
  CopyKernel copy;
  copy.input = input;
  copy.output = output;
  return runtime_function(program, Kernel{std::move(copy)}, KernelVariant::ref);
}

std::optional<std::string> runtime_file(const Program& program, const Kernel& kernel, KernelVariant variant) {
  if (is_cmsis_nn(traits_of(program, kernel, variant).variant)) return std::nullopt;
  return std::visit(
      [&](const auto& k) -> std::optional<std::string> {
        using K = std::decay_t<decltype(k)>;
        if constexpr (std::is_same_v<K, LoopKernel>) return std::nullopt;
        if constexpr (std::is_same_v<K, ConcatKernel>) return "qmn_copy_ref.c";
        if constexpr (std::is_same_v<K, FullyConnectedKernel>) {
          if (traits_of(program, kernel, variant).variant == KernelVariant::dsp && runs_as_convolution(program, k)) {
            return runtime_file(program, as_convolution(program, k), variant);
          }
        }
        if constexpr (kHasWideFile<K>) {
          const KernelVariant form = traits_of(program, kernel, variant).variant;
          const bool goes_by_input = std::is_same_v<K, Conv2dKernel> && form == KernelVariant::dsp;  // as windows are gathered
          const bool is_wide = program.tensor(k.input).format.total_bits == 16 || (!goes_by_input && program.tensor(k.output).format.total_bits == 16);
          return fmt::format("qmn_{}_{}_{}.c", kernel_op(kernel), is_wide ? "s16" : "s8", variant_name(form));
        }
        return fmt::format(kIsTyped<K> ? "qmn_{}_ref.c" : "qmn_{}_s8_ref.c", kernel_op(kernel));
      },
      kernel);
}

}  // namespace qmn
