// SPDX-License-Identifier: Apache-2.0
#include "program/program.h"

#include "base/check.h"

#include <type_traits>

namespace qmn {
namespace {

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overload(Ts...) -> Overload<Ts...>;

template <class K>
inline constexpr bool kIsBinary = std::is_same_v<K, AddKernel> || std::is_same_v<K, MulKernel>;

}  // namespace

const std::string& kernel_name(const Kernel& kernel) {
  return std::visit([](const auto& k) -> const std::string& { return k.name; }, kernel);
}

const char* kernel_op(const Kernel& kernel) {
  return std::visit(
      Overload{[](const Conv2dKernel&) { return "conv2d"; }, [](const DepthwiseConv2dKernel&) { return "depthwise_conv2d"; },
               [](const FullyConnectedKernel&) { return "fully_connected"; }, [](const AveragePool2dKernel&) { return "average_pool2d"; },
               [](const MaxPool2dKernel&) { return "max_pool2d"; }, [](const RequantizeKernel&) { return "requantize"; },
               [](const SoftmaxKernel&) { return "softmax"; }, [](const AddKernel&) { return "add"; }, [](const MulKernel&) { return "mul"; },
               [](const LookupKernel&) { return "lookup"; }, [](const InterpolateKernel&) { return "interpolate"; },
               [](const CopyKernel&) { return "copy"; }, [](const ConcatKernel&) { return "concat"; },
               [](const FillKernel&) { return "fill"; }, [](const LoopKernel&) { return "loop"; }},
      kernel);
}

std::vector<TensorId> inputs_of(const Kernel& kernel) {
  return std::visit(
      [](const auto& k) -> std::vector<TensorId> {
        using K = std::decay_t<decltype(k)>;
        if constexpr (kIsBinary<K>) {
          return k.right < 0 ? std::vector{k.left} : std::vector{k.left, k.right};
        } else if constexpr (std::is_same_v<K, ConcatKernel>) {
          return k.inputs;
        } else if constexpr (std::is_same_v<K, FillKernel>) {
          return {};
        } else if constexpr (std::is_same_v<K, LoopKernel>) {
          std::vector<TensorId> ids;
          for (const LoopKernel::Slice& input : k.inputs) ids.push_back(input.outer);
          for (const LoopKernel::State& state : k.states) ids.push_back(state.state);
          return ids;
        } else {
          return {k.input};
        }
      },
      kernel);
}

std::vector<TensorId> outputs_of(const Kernel& kernel) {
  return std::visit(
      [](const auto& k) -> std::vector<TensorId> {
        if constexpr (std::is_same_v<std::decay_t<decltype(k)>, LoopKernel>) {
          std::vector<TensorId> ids;
          for (const LoopKernel::State& state : k.states) ids.push_back(state.state);
          for (const LoopKernel::Slice& output : k.outputs) ids.push_back(output.outer);
          return ids;
        } else {
          return {k.output};
        }
      },
      kernel);
}

std::int64_t mac_count(const Program& program, const Kernel& kernel) {
  const auto out_values = [&](const auto& k) { return std::int64_t{program.tensor(k.output).value_count()}; };
  return std::visit(
      Overload{[&](const Conv2dKernel& k) { return out_values(k) * k.kernel_h * k.kernel_w * program.tensor(k.input).channels; },
               [&](const DepthwiseConv2dKernel& k) { return out_values(k) * k.kernel_h * k.kernel_w; },
               [&](const FullyConnectedKernel& k) { return out_values(k) * program.tensor(k.input).value_count(); },
               [&](const LoopKernel& k) {
                 std::int64_t macs = 0;
                 for (const Kernel& inner : k.body) macs += mac_count(program, inner);
                 return macs * k.step_count;
               },
               [](const auto&) { return std::int64_t{0}; }},
      kernel);
}

const char* variant_name(KernelVariant variant) {
  switch (variant) {
    case KernelVariant::ref: return "ref";
    case KernelVariant::dsp: return "dsp";
    case KernelVariant::mve: return "mve";
    case KernelVariant::cmsis_nn_q7: return "cmsis_q7";
    case KernelVariant::cmsis_nn_s8: return "cmsis_s8";
    case KernelVariant::cmsis_nn_s8_mve: return "cmsis_mve";
  }
  QMN_CHECK(false, "every variant has a name");
}

}  // namespace qmn
