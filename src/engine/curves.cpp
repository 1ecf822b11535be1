// SPDX-License-Identifier: Apache-2.0
// engine/curves.cpp   A table of a 16-bit input takes a millisecond to make: each is made once.
#include "engine/curves.h"

#include "base/error.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

namespace qmn {
namespace {

/// From the most negative raw input on, in reals.
using Outputs = std::vector<float>;

std::shared_ptr<const Outputs> make_outputs(Curve curve, QFormat in, QFormat out) {
  const auto raw = curve_outputs(curve, in, out);
  if (!raw) fail_data("{} from {} to {} has no integer kernel: give the output at most 15 fractional bits", curve_name(curve), in.name(), out.name());
  auto outputs = std::make_shared<Outputs>();
  for (const std::int16_t value : *raw) outputs->push_back(static_cast<float>(dequantize(value, out)));
  return outputs;
}

std::shared_ptr<const Outputs> outputs_of_curve(Curve curve, QFormat in, QFormat out) {
  static std::mutex mutex;
  static std::map<std::tuple<Curve, int, int, int, int>, std::shared_ptr<const Outputs>> known;
  const std::lock_guard lock(mutex);
  std::shared_ptr<const Outputs>& outputs = known[{curve, in.total_bits, in.frac_bits, out.total_bits, out.frac_bits}];
  if (!outputs) outputs = make_outputs(curve, in, out);
  return outputs;
}

}  // namespace

void look_up(Curve curve, QFormat in_format, QFormat out_format, std::span<const float> in, std::span<float> out) {
  const std::shared_ptr<const Outputs> outputs = outputs_of_curve(curve, in_format, out_format);
  const auto scale = static_cast<float>(1 / in_format.step());
  const auto first = static_cast<std::int32_t>(in_format.raw_min());
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = (*outputs)[static_cast<std::size_t>(static_cast<std::int32_t>(in[i] * scale) - first)];
}

}  // namespace qmn
