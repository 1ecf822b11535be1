// SPDX-License-Identifier: Apache-2.0
#include "engine/straight_through.h"

#include "engine/rounding.h"

#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

namespace qmn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct FakeQuantize : torch::autograd::Function<FakeQuantize> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& reals, std::int64_t total_bits, std::int64_t frac_bits) {
    const QFormat format{static_cast<int>(total_bits), static_cast<int>(frac_bits)};
    const at::Tensor raw = reals / format.step();
    context->save_for_backward({raw.ge(static_cast<double>(format.raw_min()) - 0.5).logical_and(raw.lt(static_cast<double>(format.raw_max()) + 0.5))});
    at::Tensor rounded = reals.contiguous().clone();
    round_to_format({rounded.data_ptr<float>(), static_cast<std::size_t>(rounded.numel())}, format, false);
    return rounded;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor is_inside = context->get_saved_variables().front();
    return {gradients.front() * is_inside, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor fake_quantize_straight_through(const at::Tensor& reals, QFormat format) {
  return FakeQuantize::apply(reals, std::int64_t{format.total_bits}, std::int64_t{format.frac_bits});
}

}  // namespace qmn
