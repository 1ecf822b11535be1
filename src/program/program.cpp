// SPDX-License-Identifier: Apache-2.0
#include "program/program.h"

#include <type_traits>

namespace qmn {
namespace {

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};

template <class K>
inline constexpr bool kHasWeights =
    std::is_same_v<K, Conv2dKernel> || std::is_same_v<K, DepthwiseConv2dKernel> || std::is_same_v<K, FullyConnectedKernel>;

std::int64_t element_count(const ProgramTensor& tensor) { return std::int64_t{tensor.height} * tensor.width * tensor.channels; }

}  // namespace

const std::string& kernel_name(const Kernel& kernel) {
  return std::visit([](const auto& k) -> const std::string& { return k.name; }, kernel);
}

const char* kernel_op(const Kernel& kernel) {
  return std::visit(
      Overload{[](const Conv2dKernel&) { return "conv2d"; }, [](const DepthwiseConv2dKernel&) { return "depthwise_conv2d"; },
               [](const FullyConnectedKernel&) { return "fully_connected"; }, [](const AveragePool2dKernel&) { return "average_pool2d"; },
               [](const RequantizeKernel&) { return "requantize"; }, [](const SoftmaxKernel&) { return "softmax"; }},
      kernel);
}

TensorId input_of(const Kernel& kernel) {
  return std::visit([](const auto& k) { return k.input; }, kernel);
}

TensorId output_of(const Kernel& kernel) {
  return std::visit([](const auto& k) { return k.output; }, kernel);
}

std::int64_t mac_count(const Program& program, const Kernel& kernel) {
  const ProgramTensor& in = program.tensor(input_of(kernel));
  const std::int64_t out_values = element_count(program.tensor(output_of(kernel)));
  return std::visit(
      Overload{[&](const Conv2dKernel& k) { return out_values * k.kernel_h * k.kernel_w * in.channels; },
               [&](const DepthwiseConv2dKernel& k) { return out_values * k.kernel_h * k.kernel_w; },
               [&](const FullyConnectedKernel&) { return out_values * element_count(in); }, [](const auto&) { return std::int64_t{0}; }},
      kernel);
}

std::int64_t constant_bytes(const Kernel& kernel) {
  return std::visit(
      [](const auto& k) -> std::int64_t {
        using K = std::decay_t<decltype(k)>;
        if constexpr (kHasWeights<K>) {
          return static_cast<std::int64_t>(k.weights.size()) +
                 static_cast<std::int64_t>(k.bias.values.size()) * (k.bias.format.total_bits / 8);
        } else if constexpr (std::is_same_v<K, SoftmaxKernel>) {
          return static_cast<std::int64_t>(k.exp_table.size() * sizeof(std::uint16_t));
        } else {
          return 0;
        }
      },
      kernel);
}

KernelTraits ref_traits(const Program&, const Kernel& kernel) {
  return {.can_alias_input = std::holds_alternative<RequantizeKernel>(kernel) || std::holds_alternative<SoftmaxKernel>(kernel)};
}

}  // namespace qmn
