// SPDX-License-Identifier: Apache-2.0
// cli/training_options.h   What qmn train and qmn finetune share: flags that change single values of a recipe, and the state of an
// interrupted training beside the output.
#pragma once

#include "train/train.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace qmn::cli {

/// --steps or --how_many_training_steps, --learning_rate, --schedule, --batch_size, …, the augmentation; --restart
struct TrainingOptions {
  std::optional<std::string> step_counts, learning_rates, schedule;
  std::optional<std::int64_t> steps, evaluate_every;
  std::optional<int> batch_size, patience, time_mask_frames, coefficient_mask;
  std::optional<double> weight_decay, label_smoothing, mixup, time_shift_ms, background_frequency, background_volume, gain_db, speed_percent;
  bool is_restarted = false;  ///< discard what an interrupted training left
  void add(CLI::App& command);
  /// What was given replaces the recipe's values. Error (usage), naming the flag: a list that holds no numbers, too few steps.
  void apply(TrainSettings& recipe) const;
};

/// Error (data) when the file could not be written: minutes of training must not end so.
void check_output(const std::filesystem::path& output);

/// Removes the training state from its folder, and the folder when nothing else lies there.
void discard_state(const std::filesystem::path& state_folder);

}  // namespace qmn::cli
