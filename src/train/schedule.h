// SPDX-License-Identifier: Apache-2.0
// train/schedule.h   The learning rate of each step.
#pragma once

#include "train/train.h"

namespace qmn {

std::int64_t total_steps(const TrainSettings& settings);

/// The rate of step 0, 1, …, total_steps-1.
///   steps:     the rate of the stage that the step falls into
///   one_cycle: with T steps and W = max(1, T/10) of warm-up, peak · (step+1)/W while step < W, else
///              peak · (1 + cos(π · (step-W+1)/(T-W+1))) / 2
double learning_rate(const TrainSettings& settings, std::int64_t step);

}  // namespace qmn
