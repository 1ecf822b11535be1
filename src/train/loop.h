// SPDX-License-Identifier: Apache-2.0
// train/loop.h   The loop that training and fine-tuning share: batch, step, now and then an evaluation that is also the point of resume.
#pragma once

#include "data/data_source.h"
#include "train/teacher.h"
#include "train/thresholds.h"
#include "train/train.h"

namespace qmn {

/// What is trained, beside how and on what.
struct TrainingTask {
  std::string name;                 ///< of the progress line
  std::string description;          ///< for the note, and for the fingerprint: all that decides the result beside model and data set
  Model model;                      ///< ends at its logits; with a quantization, it is trained and validated fake-quantized
  bool counts_start = false;        ///< the model as it comes is checkpoint 0
  DistillSettings distill{};
  Teach teach{};                    ///< needed where the distillation has a weight
  std::optional<ThresholdTrainer> thresholds{};  ///< formats that move, over the first half of the steps
};

/// See train(); the result's model has the quantization of the best checkpoint.
TrainResult run_training(TrainingTask task, const DataSource& source, const TrainSettings& settings, const std::filesystem::path& state_folder);

}  // namespace qmn
