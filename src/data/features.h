// SPDX-License-Identifier: Apache-2.0
// data/features.h   From the clips of a data set to network inputs: plain, as fixed disturbed copies for paired measurements, or
// augmented on the fly for training.
#pragma once

#include "data/dataset.h"
#include "metadata/metadata.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace qmn {

/// Network inputs, [clip][frame][coefficient], already scaled by the front end's coefficient shifts.
struct FeatureSet {
  std::vector<float> features;
  std::vector<int> labels;                    ///< of each row
  std::vector<int> clip_ids;                  ///< of each row: the index into the split (rows of copies share it)
  std::vector<std::filesystem::path> paths;   ///< of each row; empty for silence
  std::vector<std::uint8_t> silent_frames;    ///< [row][frame]: 1 where every sample of the window is zero (digital silence)
  int features_per_clip = 0;
  std::int64_t row_count() const { return static_cast<std::int64_t>(labels.size()); }
  std::span<const float> row(std::int64_t index) const {
    return std::span(features).subspan(static_cast<std::size_t>(index) * static_cast<std::size_t>(features_per_clip), static_cast<std::size_t>(features_per_clip));
  }
};

struct FeatureOptions {
  int copies = 0;           ///< 0: each clip as it is; k: k disturbed copies of each (time shift within ±100 ms, background noise), fixed by `seed`
  std::uint64_t seed = 1;
  std::int64_t limit = 0;   ///< at most that many clips, an even seeded choice over the split; 0: all
  bool uses_cache = true;   ///< on disk, keyed by the content of files and the settings
  bool is_quiet = false;
};

/// Features of one split. Files that are broken are skipped with one counted warning on standard error (Error under strict).
FeatureSet load_features(const Dataset& dataset, Split split, const FrontEndSettings& front_end, const FeatureOptions& options = {});

/// Chooses FrontEndSettings::coefficient_shifts from the training clips: for each coefficient the power of two that brings all but the
/// largest 0.1 % of |values| (digital silence left out) to at most 1.
std::vector<int> choose_coefficient_shifts(const Dataset& dataset, FrontEndSettings front_end);

/// How training clips are disturbed. The published recipe: noise on 80 % of clips at up to 0.1 volume, shift ±100 ms, nothing else.
struct AugmentSettings {
  double time_shift_ms = 100;
  double background_frequency = 0.8;  ///< share of clips that get noise
  double background_volume = 0.1;     ///< largest noise volume
  double gain_db = 0;                 ///< uniform ± that many dB
  double speed_percent = 0;           ///< resampled by up to ± that many percent
  int time_mask_frames = 0;           ///< SpecAugment: one mask of up to that many frames, set to the clip's mean
  int coefficient_mask = 0;           ///< one mask of up to that many coefficients
};

/// Draws augmented training batches. Batch `step` depends on (seed, step) alone, so a resumed training sees what the uninterrupted one saw.
/// Audio is decoded once and kept; features are computed on the worker threads, ahead of the consumer.
class TrainingLoader {
 public:
  struct Batch {
    std::vector<float> features;  ///< [batch_size][features_per_clip]
    std::vector<int> labels;
  };
  TrainingLoader(const Dataset& dataset, const FrontEndSettings& front_end, const AugmentSettings& augment, int batch_size, std::uint64_t seed, std::int64_t first_step);
  ~TrainingLoader();
  Batch next();  ///< of first_step, first_step + 1, …

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qmn
