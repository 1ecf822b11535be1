// SPDX-License-Identifier: Apache-2.0
// train/train.h   Training: schedule, validation, best checkpoint, resume. The float engine does the arithmetic.
#pragma once

#include "data/features.h"
#include "graph/quantization.h"
#include "train/teacher.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

enum class Schedule {
  steps,     ///< step_counts[i] steps at learning_rates[i]
  one_cycle  ///< up to learning_rates[0] and down to nearly zero by a cosine, over the sum of step_counts
};

struct TrainSettings {
  std::string recipe = "published";                             ///< a name, for the model's notes
  std::vector<std::int64_t> step_counts{10000, 10000, 10000};   ///< the classic --how_many_training_steps
  std::vector<double> learning_rates{5e-4, 1e-4, 2e-5};         ///< the classic --learning_rate
  Schedule schedule = Schedule::steps;
  int batch_size = 100;
  double weight_decay = 0;
  double label_smoothing = 0;
  double mixup = 0;                 ///< Beta(mixup, mixup) mixing of pairs of clips, 0 to 1; 0: none
  std::int64_t evaluate_every = 400;
  int patience = 0;                 ///< evaluations without a better validation accuracy after which training stops; 0: never
  std::uint64_t seed = 1;
  AugmentSettings augment;
  bool is_quiet = false;
  /// Called after each evaluation, when its state is on disk. An exception interrupts the training.
  std::function<void(std::int64_t step, double validation_accuracy)> after_evaluation;
};

/// Error (usage), naming the flag, for settings without meaning.
void check_train_settings(const TrainSettings& settings);

/// What decides the result beside net and data set, as one line.
std::string describe(const TrainSettings& settings);

struct TrainResult {
  Model model;                    ///< the best checkpoint on validation; its note "training" says how it was made
  double best_validation_accuracy = 0;
  std::int64_t best_step = 0, steps_done = 0;
  bool is_resumed = false;
  double start_accuracy = -1;     ///< on validation, of the model as it came; -1 where it counts for nothing
};

/// Trains `model`; its metadata say the front end. The checkpoint with the highest validation accuracy is kept, of equals the one with the
/// lowest validation loss. With a `state_folder` that is not empty, progress is kept there (atomically, at every evaluation) and an
/// interrupted training resumes from it to the same result; a state of other settings is an Error (data) that says so.
/// A `teacher` has its say in the loss as `distill` asks; one that does not fit (check_teacher) is an Error (data).
TrainResult train(Model model, const Dataset& dataset, const TrainSettings& settings, const std::filesystem::path& state_folder,
                  const std::optional<Model>& teacher = std::nullopt, const DistillSettings& distill = {});

/// Share of clips whose largest logit is at their label.
double accuracy(std::span<const float> logits, std::span<const int> labels);
/// Mean over clips of -log softmax(logits)[label].
double cross_entropy(std::span<const float> logits, std::span<const int> labels);

}  // namespace qmn
