// SPDX-License-Identifier: Apache-2.0
// quantize/target.h   What the kernels of a target can run, as far as a choice of formats depends on it.
#pragma once

#include "quantize/quantize.h"

#include <array>
#include <string>

namespace qmn {

struct QuantizationTarget {
  const char* name;
  bool takes_wide_bias;         ///< 32-bit biases at accumulator scale
  bool takes_channel_formats;   ///< weights with a power of two for each output channel
  bool takes_wide_activations;  ///< 16-bit activations
};

/// qmn: the kernels of runtime/. cmsis-nn-q7: the legacy API of CMSIS 5. cmsis-nn-s8: the current one.
inline constexpr std::array<QuantizationTarget, 3> kQuantizationTargets{{{"qmn", true, true, true}, {"cmsis-nn-q7", false, false, false}, {"cmsis-nn-s8", true, true, false}}};

/// Error (usage) lists the names.
const QuantizationTarget& quantization_target(const std::string& name);

/// Error (usage) naming the flag: what the settings ask for and the kernels cannot run.
void check_target(const QuantizationTarget& target, const QuantizeSettings& settings);

}  // namespace qmn
