// SPDX-License-Identifier: Apache-2.0
// quantize/ablation.h   What each way to choose formats, and each remedy, is worth: one row each, measured alike.
//
// A row is a function that makes a quantized model from a float one; another method is another entry in the list. All rows are measured on
// the same two sets of clips: those that the searches saw, and disturbed copies of test clips that nothing saw.
#pragma once

#include "quantize/metrics.h"
#include "quantize/quantize.h"
#include "quantize/recipe.h"

#include <functional>
#include <string>
#include <vector>

namespace qmn {

struct AblationRow {
  std::string name;
  double search_accuracy = 0, search_kl = 0;  ///< on the clips that the search saw
  PairedDifference unseen;       ///< accuracies on the unseen clips, their difference with its interval
  double agreement = 0, kl = 0;  ///< on the unseen clips, to float; of values: kl is noise over signal, and there is nothing else
  double seconds = 0;            ///< to choose the formats
};

struct AblationClips {
  RecipeClips recipe;  ///< plain methods take `search` alone
  FeatureSet unseen;
};

struct AblationEntry {
  std::string name;
  std::function<Model(const Model& model, const AblationClips& clips)> make;  ///< a quantized model of the one that is given
};

/// minmax, moving_average, percentile, mse, kl, progressive, descend; the last with 8-bit and 32-bit biases.
std::vector<AblationEntry> ablation_entries(const QuantizeSettings& settings, bool takes_wide_bias);

/// The entries, then a row for each step of the recipe (a remedy that was not kept stands there alone, on top of what had been kept
/// before), then its result as "auto", then what each of `followers` makes of that result. A model whose front end scales coefficients otherwise gets its clips accordingly.
std::vector<AblationRow> ablate(const Model& float_model, const AblationClips& clips, const std::vector<AblationEntry>& entries, const RecipeSettings& recipe,
                                const std::vector<AblationEntry>& followers = {});

}  // namespace qmn
