// SPDX-License-Identifier: Apache-2.0
#include "engine/straight_through.h"

#include "engine/rounding.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include <span>

namespace qmn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::span<float> floats(const at::Tensor& tensor) { return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())}; }

struct FakeQuantize : torch::autograd::Function<FakeQuantize> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& reals, const at::Tensor& log2_threshold, std::int64_t total_bits, const std::vector<std::int64_t>& frac_bits) {
    const at::Tensor plain = reals.contiguous();
    context->save_for_backward({plain});
    context->saved_data["total_bits"] = total_bits;
    context->saved_data["frac_bits"] = frac_bits;
    context->saved_data["has_threshold"] = log2_threshold.requires_grad();
    at::Tensor rounded = plain.clone();
    round_channels(floats(rounded), static_cast<int>(total_bits), std::vector<int>(frac_bits.begin(), frac_bits.end()));
    return rounded;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor reals = context->get_saved_variables().front(), slopes = gradients.front().contiguous();
    const auto total_bits = static_cast<int>(context->saved_data["total_bits"].toInt());
    const std::vector<std::int64_t> frac_bits = context->saved_data["frac_bits"].toIntVector();
    const bool has_threshold = context->saved_data["has_threshold"].toBool();
    const std::size_t channel_size = static_cast<std::size_t>(reals.numel()) / frac_bits.size();
    at::Tensor passed = at::empty_like(reals);
    double of_threshold = 0;
    for (std::size_t channel = 0; channel < frac_bits.size(); ++channel) {
      const QFormat format{total_bits, static_cast<int>(frac_bits[channel])};
      const auto part = [&](const at::Tensor& tensor) { return floats(tensor).subspan(channel * channel_size, channel_size); };
      pass_inside(part(reals), part(slopes), format, part(passed));
      if (has_threshold) of_threshold += threshold_slope(part(reals), part(slopes), format);
    }
    return {passed, has_threshold ? at::scalar_tensor(of_threshold, at::kDouble) : at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor fake_quantize_straight_through(const at::Tensor& reals, QFormat format, const at::Tensor& log2_threshold) {
  return fake_quantize_straight_through(reals, format.total_bits, {format.frac_bits}, log2_threshold);
}

at::Tensor fake_quantize_straight_through(const at::Tensor& reals, int total_bits, const std::vector<int>& frac_bits, const at::Tensor& log2_threshold) {
  return FakeQuantize::apply(reals, log2_threshold.defined() ? log2_threshold : at::scalar_tensor(0), std::int64_t{total_bits},
                             std::vector<std::int64_t>(frac_bits.begin(), frac_bits.end()));
}

}  // namespace qmn
