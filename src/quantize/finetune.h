// SPDX-License-Identifier: Apache-2.0
// quantize/finetune.h   Quantization-aware training: better float weights under the formats of a quantized model, and if wanted better formats.
//
// Every weight, bias and activation is fake-quantized in the forward pass, with straight-through gradients; validation runs exactly what
// the simulator computes. The graph of a quantized model is folded already, so no batch statistics move under the formats.
#pragma once

#include "data/data_source.h"
#include "graph/quantization.h"
#include "train/teacher.h"
#include "train/train.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

struct FinetuneSettings {
  TrainSettings training;
  bool trains_thresholds = false;    ///< formats move too (train/thresholds.h); else they stay as they are
  double threshold_rate = 1e-2;      ///< Adam's learning rate of log2 t
  DistillSettings distill;
};

/// Steps and rates that suit a trained net: 600 steps of one cycle with a low peak, augmented like `qmn train`'s default recipe.
TrainSettings finetune_recipe(const FrontEndSettings& front_end);

/// Error (usage), naming the flag.
void check_finetune_settings(const FinetuneSettings& settings);

struct FinetuneResult {
  Model model;                       ///< best on validation; where nothing was better, the model that was given
  double start_accuracy = 0;         ///< on validation, quantized
  double best_accuracy = 0;          ///< of `model`, likewise: never below start_accuracy
  std::int64_t best_step = 0, steps_done = 0;
  bool is_resumed = false;
  std::vector<std::string> remarks;  ///< formats that changed and what became of corrections, a line each
};

/// `quantized` has a format for every value. Its own float graph is the teacher, unless there is a `teacher`: any model with the same labels
/// and front end (the powers of two of its coefficients may differ). Of the state folder and of resuming: train/train.h.
/// Error (data): a model without formats, a value without one, a teacher that does not fit.
FinetuneResult finetune_model(const Model& quantized, const std::optional<Model>& teacher, const DataSource& source, const FinetuneSettings& settings,
                              const std::filesystem::path& state_folder);

}  // namespace qmn
