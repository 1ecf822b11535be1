// SPDX-License-Identifier: Apache-2.0
#include "quantize/remedy_hint.h"

#include "quantize/divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr double kNegligibleKl = 1e-3;  // in nats: labels then agree on more than 99 of 100 clips; of values: an SQNR of 30 dB
constexpr double kStandsOut = 0.15;     // share of the KL that one tensor must explain to be worth a remedy of its own

/// Largest over smallest of the output channels' max |w|, in bits; channels of zeros do not count.
double channel_spread_bits(const Tensor& weight) {
  const auto channels = static_cast<std::size_t>(weight.shape.front());
  const std::size_t per_channel = weight.data.size() / std::max<std::size_t>(channels, 1);
  double smallest = 0, largest = 0;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    double max_abs = 0;
    for (std::size_t i = 0; i < per_channel; ++i) max_abs = std::max(max_abs, std::fabs(static_cast<double>(weight.data[channel * per_channel + i])));
    if (max_abs == 0) continue;
    smallest = smallest == 0 ? max_abs : std::min(smallest, max_abs);
    largest = std::max(largest, max_abs);
  }
  return smallest == 0 ? 0 : std::log2(largest / smallest);
}

}  // namespace

std::string remedy_hint(const Model& quantized, const Sensitivity& sensitivity) {
  const std::string divergence = divergence_name(sensitivity.outputs);
  if (sensitivity.tensors.empty() || sensitivity.quantized_net.kl < kNegligibleKl) return "the quantized net answers like the float one: nothing needs a remedy";
  const bool can_finetune = sensitivity.outputs != OutputKind::values;  // it learns from labels
  const TensorSensitivity& worst = sensitivity.tensors.front();
  const double share = worst.harm / sensitivity.quantized_net.kl;
  if (share < kStandsOut) return fmt::format("no tensor stands out ({} explains {:.0f} % of the {}): {}", worst.name, 100 * std::max(share, 0.0), divergence,
                                                can_finetune ? "fine-tuning reaches all of them" : "give more of them 16 bits");
  const std::string found = fmt::format("{} explains {:.0f} % of the {}", worst.name, 100 * share, divergence);
  switch (worst.kind) {
    case TensorKind::bias:
      if (worst.format.total_bits == 8) return fmt::format("{}: give biases 32 bits (--bias_bits 32)", found);
      break;
    case TensorKind::weight: {
      const double spread = channel_spread_bits(quantized.graph.initializer(worst.values.front()));
      return fmt::format("{}: its channels' ranges lie {:.1f} bits apart; try weights per channel", found, spread);
    }
    case TensorKind::activation:
      if (worst.format.total_bits == 8) return fmt::format("{}: try 16 bits for it", found);
      break;
  }
  return fmt::format("{}: {}", found, can_finetune ? "fine-tune the net" : "give the tensors around it 16 bits");
}

}  // namespace qmn
