// SPDX-License-Identifier: Apache-2.0
// quantize/remedy_hint.h   One line for a user: what to try for the tensor that hurts most.
#pragma once

#include "quantize/sensitivity.h"

#include <string>

namespace qmn {

/// The remedy that fits the most harmful tensor: a wider bias, weights per channel, 16-bit activations; fine-tuning where no single tensor
/// stands out; nothing where the loss is small.
std::string remedy_hint(const Model& quantized, const Sensitivity& sensitivity);

}  // namespace qmn
