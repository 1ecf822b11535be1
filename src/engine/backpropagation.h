// SPDX-License-Identifier: Apache-2.0
// engine/backpropagation.h   Loss and gradients of one batch. Inside the module only: torch types.
//
// The batch is cut into chunks as in inference (executor.h). Node by node, all chunks go forward in parallel, then all go back; only batch
// norm looks at all chunks at once. So the result depends on neither the number of cores nor how the work falls on them.
#pragma once

#include "engine/executor.h"

namespace qmn {

struct BatchGradients {
  double loss = 0;
  std::int64_t hits = 0;
  std::map<ValueId, std::vector<float>> gradients;  ///< of the mean loss, for each parameter that the logits depend on
  std::map<ValueId, double> threshold_slopes;       ///< StepResult::threshold_slopes
};

/// The loss of StepSettings in training mode: batch statistics, dropout drawn from `settings.seed`. Values with a format are fake-quantized
/// with straight-through gradients. Updates the running statistics of batch norms in `parameters`.
BatchGradients differentiate(const Graph& graph, const Quantization& quantization, Parameters& parameters, std::span<const float> inputs,
                             std::span<const float> targets, std::int64_t clip_count, const StepSettings& settings);

}  // namespace qmn
