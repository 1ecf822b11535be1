// SPDX-License-Identifier: Apache-2.0
#include "lower/accumulator_bound.h"

#include "base/error.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace qmn {
namespace {

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();

/// Weight i of output channel o is weights[o * channel_step + i * value_step], i < values.
template <class K>
AccumulatorBound bound_of(const K& kernel, QFormat input, std::size_t values, std::size_t channel_step, std::size_t value_step) {
  AccumulatorBound bound;
  for (std::size_t o = 0; o < kernel.bias.values.size(); ++o) {
    std::int64_t weight_sum = 0;
    for (std::size_t i = 0; i < values; ++i) weight_sum += std::abs(int{kernel.weights[o * channel_step + i * value_step]});
    const std::int64_t bias = std::abs(std::int64_t{kernel.bias.values[o]}) * (std::int64_t{1} << kernel.bias.shift);
    const std::int64_t rounding = std::int64_t{1} << kernel.epilogue.shift_of(o) >> 1;
    const std::int64_t largest = -input.raw_min() * weight_sum + bias + rounding;
    if (largest > bound.largest) bound = {largest, static_cast<int>(o)};
  }
  return bound;
}

}  // namespace

AccumulatorBound accumulator_bound(const Conv2dKernel& kernel, QFormat input) {
  const std::size_t values = kernel.weights.size() / kernel.bias.values.size();
  return bound_of(kernel, input, values, values, 1);
}

AccumulatorBound accumulator_bound(const DepthwiseConv2dKernel& kernel, QFormat input) {
  const std::size_t channels = kernel.bias.values.size();
  return bound_of(kernel, input, kernel.weights.size() / channels, 1, channels);
}

AccumulatorBound accumulator_bound(const FullyConnectedKernel& kernel, QFormat input) {
  const std::size_t values = kernel.weights.size() / kernel.bias.values.size();
  return bound_of(kernel, input, values, values, 1);
}

std::int64_t largest_sum(const Program& program, const AddKernel& kernel) {
  const auto largest_of = [&](TensorId id) { return -program.tensor(id).format.raw_min(); };
  std::int64_t right = kernel.right >= 0 ? largest_of(kernel.right) : 0;
  for (std::int16_t value : kernel.constant.values) right = std::max(right, std::abs(std::int64_t{value}));
  return largest_of(kernel.left) * std::abs(std::int64_t{kernel.left_factor}) + right * std::abs(std::int64_t{kernel.right_factor}) +
         (std::int64_t{1} << kernel.out_shift >> 1);
}

void prove_int32(const AccumulatorBound& bound, const std::string& title) {
  if (bound.largest <= kInt32Max) return;
  fail_data(
      "{}: its accumulator can reach {} in output channel {}, beyond the {} of 32 bits; give its weights fewer fractional "
      "bits, its input 8 bits where it has 16, or split the layer",
      title, bound.largest, bound.channel, kInt32Max);
}

void prove_int32(const AveragePool2dKernel& kernel, QFormat input, const std::string& title) {
  const std::int64_t count = std::int64_t{kernel.kernel_h} * kernel.kernel_w;
  const std::int64_t largest = -2 * input.raw_min() * count * (std::int64_t{1} << kernel.left_shift) + count * (std::int64_t{1} << kernel.right_shift);
  if (largest <= kInt32Max) return;
  fail_data(
      "{}: a window of {} values with a shift of {} between the formats of its input and output can reach {} in its accumulator, "
      "beyond the {} of 32 bits; bring the two formats closer together",
      title, count, kernel.right_shift - kernel.left_shift, largest, kInt32Max);
}

}  // namespace qmn
