// SPDX-License-Identifier: Apache-2.0
// train/checkpoint.h   Everything that an interrupted training needs to go on to the very same result, as one file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

struct Checkpoint {
  std::string fingerprint;               ///< of settings, untrained net and data set: what a resume must share
  std::int64_t steps_done = 0;
  std::int64_t best_step = 0;
  double best_accuracy = -1;             ///< on validation; -1 before the first evaluation
  double best_loss = 0;
  int evaluations_since_best = 0;
  double start_accuracy = -1;            ///< of the model as it came, where it counts as a checkpoint
  std::string trainer_state;             ///< Trainer::save_state
  std::vector<float> best_parameters;    ///< all initializers in order of their ids
  std::vector<double> thresholds, best_thresholds;  ///< ThresholdTrainer::state now and of the best; empty where formats are frozen
};

/// The state's file inside the state folder.
std::filesystem::path checkpoint_path(const std::filesystem::path& state_folder);

/// Atomic; makes the folder when it is missing.
void save_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& state_folder);

/// Nothing when there is none. Error (data) when the file is damaged, or when it belongs to another fingerprint.
std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& state_folder, const std::string& fingerprint);

}  // namespace qmn
