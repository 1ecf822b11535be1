// SPDX-License-Identifier: Apache-2.0
// quantize/recipe.h   The recipe auto: remedies in order of cost until the loss is inside the limit, and what each of them did.
//
//   free at run time, kept whenever they lower the KL on the check clips:
//     descend          from several starts; 32-bit biases where the target takes them
//     input scales     a power of two for each coefficient, where the front end can take it over (passes/scale_input.h)
//     bias correction  analytic, empirical; adaptive rounding: the best of them (layer_fit.h)
//     equalization     by weights, with any scales or powers of two; by observed activations; each with a descent and that fit
//     range filling    a scale between layers for each tensor, so that powers of two waste nothing (range_filling.h); descent, fit
//     refinement       activations searched again with what is stored for the weights, then fitted again
//   paid for, only while the loss is outside:
//     per-channel weights
//     16-bit activations: of those that explain a twentieth of the KL or more, those of a quarter first, then the ones that cost most for a byte of RAM
// The search sees `search`, layers are fitted to `fit`, decisions are made on `check` (check_score.h); none of them is what accuracy is
// reported on.
#pragma once

#include "quantize/check_score.h"
#include "quantize/quantize.h"
#include "quantize/target.h"

#include <optional>
#include <string>
#include <vector>

namespace qmn {

struct RecipeSettings {
  QuantizeSettings search{};  ///< bias_bits 32 asks for wide biases; 8 lets the recipe decide
  QuantizationTarget target = kQuantizationTargets[0];
  double max_loss = 0.1;      ///< of accuracy, in points, as cautious_loss on the check clips
  bool keeps_models = false;  ///< RecipeStep::model
};

struct RecipeClips {
  FeatureSet search;  ///< clips as they are
  FeatureSet fit;     ///< many more, disturbed or not, in any order: statistics of layers are taken over the first of them
  FeatureSet check;   ///< disturbed copies of clips that are in neither
};

struct RecipeStep {
  std::string name;
  CheckScore check;
  bool is_kept = false;
  double seconds = 0;
  std::optional<Model> model;  ///< what the step led to, kept or not; none where its accumulators would leave 32 bits
};

struct RecipeResult {
  QuantizeResult quantized;
  std::vector<RecipeStep> steps;
  CheckScore check;            ///< of the result
  bool is_inside = false;      ///< the loss is inside max_loss
  std::string advice;          ///< when it is not: the tensor that stands in the way, and what to do
};

/// The result's front end may scale coefficients otherwise than the float model's (Metadata::front_end).
/// Error (data): as quantize_model; (usage) what the settings ask for and the target cannot run.
RecipeResult quantize_by_recipe(const Model& float_model, RecipeClips clips, const RecipeSettings& settings);

}  // namespace qmn
