// SPDX-License-Identifier: Apache-2.0
// import/operators_fixed_point.cpp   QuantizeLinear and DequantizeLinear of constants: the numbers that a quantized model really uses.
//   quantize:    saturate(round to nearest, ties to even (x / scale) + zero_point)        dequantize:  (q - zero_point) · scale
// One scale and zero point, or one for each slice of `axis`.
#include "import/operators.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

using Infos = std::vector<ValueInfo>;
using Tensors = std::vector<DraftTensor>;

Infos quantized_type(const OperatorCall& call) { return {{call.has(2) ? call.input(2).type : ElementType::uint8, call.shape(0), nullptr}}; }
Infos dequantized_type(const OperatorCall& call) { return {{ElementType::float32, call.shape(0), nullptr}}; }

/// change(number, scale, zero_point) for every number.
template <class Change>
Tensors by_slice(const OperatorCall& call, const Infos& out, const Change& change) {
  DraftTensor result = call.constant(0);
  const std::vector<double>& scales = call.constant(1).numbers;
  const std::vector<double> zeros = call.has(2) ? call.constant(2).numbers : std::vector<double>(scales.size(), 0.0);
  std::size_t slice = result.numbers.size() + 1;
  if (scales.size() != 1) {
    const std::size_t axis = call.axis(call.node.integer("axis", 1), result.shape.size());
    if (static_cast<std::int64_t>(scales.size()) != result.shape[axis]) fail_data("{}: {} scales for {}", call.node.title(), scales.size(), to_string(result.shape));
    slice = static_cast<std::size_t>(std::max<std::int64_t>(1, row_major_strides(result.shape)[axis]));
  }
  if (zeros.size() != scales.size()) fail_data("{}: {} scales and {} zero points", call.node.title(), scales.size(), zeros.size());
  result.type = out[0].type;
  for (std::size_t i = 0; i < result.numbers.size(); ++i) {
    const std::size_t channel = i / slice % scales.size();
    result.numbers[i] = change(result.numbers[i], scales[channel], zeros[channel]);
  }
  return {std::move(result)};
}

Tensors quantize(const OperatorCall& call, const Infos& out) {
  const double low = out[0].type == ElementType::int8 ? -128 : 0, high = out[0].type == ElementType::int8 ? 127 : 255;
  return by_slice(call, out, [&](double x, double scale, double zero) { return std::clamp(std::nearbyint(x / scale) + zero, low, high); });
}

Tensors dequantize(const OperatorCall& call, const Infos& out) {
  return by_slice(call, out, [](double q, double scale, double zero) { return (q - zero) * scale; });
}

}  // namespace

void add_fixed_point_operators(OperatorTable& table) {
  table.insert({{"DequantizeLinear", {dequantized_type, dequantize, 2, 3}}, {"QuantizeLinear", {quantized_type, quantize, 2, 3}}});
}

}  // namespace qmn
