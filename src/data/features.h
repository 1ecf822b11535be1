// SPDX-License-Identifier: Apache-2.0
// data/features.h   From the clips of a data set to network inputs: plain, as fixed disturbed copies for paired measurements, or
// augmented on the fly for training.
#pragma once

#include "data/dataset.h"
#include "data/feature_set.h"
#include "metadata/metadata.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace qmn {

struct FeatureOptions {
  int copies = 0;           ///< 0: each clip as it is; k: k disturbed copies of each (time shift within ±100 ms, background noise), fixed by `seed`
  std::uint64_t seed = 1;
  std::int64_t limit = 0;   ///< at most that many clips, an even seeded choice over the split; 0: all
  bool uses_cache = true;   ///< on disk, keyed by the content of files and the settings
  bool has_device_features = false;  ///< FeatureSet::device_features, where the settings have a fixed form (frontend/fixed_mfcc.h)
  bool keeps_samples = false;        ///< FeatureSet::samples; computes anew what the cache may have
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

struct Batch {
  std::vector<float> features;  ///< [batch_size][features_per_clip]
  std::vector<int> labels;
};

/// Batches of a training, one step after the other. Batch `step` depends on (seed, step) alone, so a resumed training sees what the
/// uninterrupted one saw.
class BatchLoader {
 public:
  virtual ~BatchLoader() = default;
  virtual Batch next() = 0;
};

/// Draws augmented batches of a keyword data set. Audio is decoded once and kept; features are computed on the worker threads, ahead of the
/// consumer.
class TrainingLoader : public BatchLoader {
 public:
  TrainingLoader(const Dataset& dataset, const FrontEndSettings& front_end, const AugmentSettings& augment, int batch_size, std::uint64_t seed, std::int64_t first_step);
  ~TrainingLoader() override;
  Batch next() override;  ///< of first_step, first_step + 1, …

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qmn
