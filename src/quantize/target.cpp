// SPDX-License-Identifier: Apache-2.0
#include "quantize/target.h"

#include "base/error.h"

#include <fmt/ranges.h>

namespace qmn {

const QuantizationTarget& quantization_target(const std::string& name) {
  std::string names;
  for (const QuantizationTarget& target : kQuantizationTargets) {
    if (name == target.name) return target;
    names += (names.empty() ? "" : ", ") + std::string(target.name);
  }
  fail_usage("--target {}: unknown (there are {})", name, names);
}

void check_target(const QuantizationTarget& target, const QuantizeSettings& settings) {
  if (settings.bias_bits == 32 && !target.takes_wide_bias) fail_usage("--bias_bits 32: the kernels of {} take 8-bit biases alone", target.name);
  if (settings.is_per_channel && !target.takes_channel_formats) fail_usage("--per_channel: the kernels of {} take one format for all channels", target.name);
  if (!settings.wide_activations.empty() && !target.takes_wide_activations) {
    fail_usage("--int16 {}: the kernels of {} take 8-bit activations alone", fmt::join(settings.wide_activations, " "), target.name);
  }
}

}  // namespace qmn
