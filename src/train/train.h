// SPDX-License-Identifier: Apache-2.0
// train/train.h   Training: schedule, validation, best checkpoint, resume. The float engine does the arithmetic.
#pragma once

#include "data/features.h"
#include "graph/quantization.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace qmn {

enum class Schedule { steps, one_cycle };

struct TrainSettings {
  std::vector<std::int64_t> step_counts{10000, 10000, 10000};   ///< the classic --how_many_training_steps
  std::vector<double> learning_rates{5e-4, 1e-4, 2e-5};         ///< the classic --learning_rate
  Schedule schedule = Schedule::steps;
  int batch_size = 100;
  double weight_decay = 0;
  double label_smoothing = 0;
  double mixup = 0;                 ///< Beta(mixup, mixup) mixing of pairs of clips; 0: none
  std::int64_t evaluate_every = 400;
  int patience = 0;                 ///< evaluations without a better validation accuracy after which training stops; 0: never
  std::uint64_t seed = 1;
  AugmentSettings augment;
  bool is_quiet = false;
};

struct TrainResult {
  Model model;                    ///< the best checkpoint on validation
  double best_validation_accuracy = 0;
  std::int64_t best_step = 0, steps_done = 0;
  bool is_resumed = false;
};

/// Trains `model`. With a `state_folder`, progress is kept there (atomically, at every evaluation) and an interrupted training resumes
/// from it to the same result; a state of other settings is an Error (data) that says so.
TrainResult train(Model model, const Dataset& dataset, const TrainSettings& settings, const std::filesystem::path& state_folder);

}  // namespace qmn
