// SPDX-License-Identifier: Apache-2.0
#include "engine/straight_through.h"

#include "engine/rounding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

namespace qmn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// 2^-frac_bits of each channel, to be broadcast along the other dimensions.
at::Tensor steps_of(const at::Tensor& reals, int total_bits, const std::vector<int>& frac_bits) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(reals.dim()), 1);
  if (frac_bits.size() > 1) shape.front() = static_cast<std::int64_t>(frac_bits.size());
  at::Tensor steps = at::empty(shape, reals.options().requires_grad(false));
  for (std::size_t i = 0; i < frac_bits.size(); ++i) steps.data_ptr<float>()[i] = static_cast<float>(QFormat{total_bits, frac_bits[i]}.step());
  return steps;
}

struct FakeQuantize : torch::autograd::Function<FakeQuantize> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& reals, std::int64_t total_bits, const std::vector<int>& frac_bits) {
    const QFormat width{static_cast<int>(total_bits), 0};
    const at::Tensor raw = reals / steps_of(reals, width.total_bits, frac_bits);
    context->save_for_backward({raw.ge(static_cast<double>(width.raw_min()) - 0.5).logical_and(raw.lt(static_cast<double>(width.raw_max()) + 0.5))});
    at::Tensor rounded = reals.contiguous().clone();
    round_channels({rounded.data_ptr<float>(), static_cast<std::size_t>(rounded.numel())}, width.total_bits, frac_bits);
    return rounded;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor is_inside = context->get_saved_variables().front();
    return {gradients.front() * is_inside, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor fake_quantize_straight_through(const at::Tensor& reals, QFormat format) {
  return fake_quantize_straight_through(reals, format.total_bits, {format.frac_bits});
}

at::Tensor fake_quantize_straight_through(const at::Tensor& reals, int total_bits, const std::vector<int>& frac_bits) {
  return FakeQuantize::apply(reals, std::int64_t{total_bits}, frac_bits);
}

}  // namespace qmn
