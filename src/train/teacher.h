// SPDX-License-Identifier: Apache-2.0
// train/teacher.h   Knowledge distillation (Hinton et al. 2015): another net hears the same disturbed clips, and its logits are part of the loss
// (engine/engine.h, Distillation).
#pragma once

#include "graph/quantization.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace qmn {

struct DistillSettings {
  double weight = 0;       ///< 0 … 1: share of the teacher's opinion in the loss
  double temperature = 2;  ///< 0.1 … 100: softens the opinion
};

/// Error (usage), naming the flag.
void check_distill_settings(const DistillSettings& settings);

/// Logits of another net for features that the student sees.
using Teach = std::function<std::vector<float>(std::span<const float> features, std::int64_t clip_count)>;

/// Error (data) unless both have the same labels in the same order and the same front end: sizes of nets and the powers of two on
/// coefficients may differ.
void check_teacher(const Model& teacher, const Model& student);

/// The teacher in float, up to its logits, a quantized one without its formats. Coefficients that the student's front end scales by other powers of two
/// than the teacher's are converted: exact. Pre: check_teacher.
Teach make_teach(const Model& teacher, const FrontEndSettings& student);

/// What decides the result, for notes and fingerprints: "a teacher, SHA-256 …", of the model as a file.
std::string describe_teacher(const Model& teacher);
/// "; distilled from …", to be appended to the description of a training.
std::string describe(const DistillSettings& settings, const std::string& teacher);

}  // namespace qmn
