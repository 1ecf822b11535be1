// SPDX-License-Identifier: Apache-2.0
// cli/calibration.h   Which clips choose the formats: those that a search sees, and those that decide which remedy is kept. None of the test split.
#pragma once

#include "cli/common.h"
#include "data/data_source.h"
#include "quantize/recipe.h"

#include <cstdint>
#include <string>

namespace qmn::cli {

/// --calibration_clips, --calibration_split, --check_clips, --check_copies
struct CalibrationOptions {
  std::int64_t clips = 500, check_clips = 250;
  int check_copies = 4;
  std::string split = "both";
  void add(CLI::App& command);
  void check() const;  ///< Error (usage)

  /// Validation clips first: the float net is surer of the clips that it was trained on than it will be of any others. Training clips fill up.
  FeatureSet load(const DataSource& source, const FrontEndSettings& front_end, std::uint64_t seed, bool is_quiet) const;

  /// For a recipe. The check clips are drawn from the same split as the first of the others, at most half of it; layers are fitted to the search
  /// clips and disturbed copies of up to kFitClips of training. Of a source that cannot disturb its examples, the copies are the examples. Error (data): fewer than two clips.
  RecipeClips load_parted(const DataSource& source, const FrontEndSettings& front_end, std::uint64_t seed, bool is_quiet) const;
  static constexpr std::int64_t kFitClips = 4000;

  std::string describe(std::uint64_t seed) const;  ///< "validation first, seed 1"
};

}  // namespace qmn::cli
