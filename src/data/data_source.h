// SPDX-License-Identifier: Apache-2.0
// data/data_source.h   Where the examples of a command come from: a keyword data set (keyword_source.h), or arrays and pictures
// (example_source.h). Commands know no more than this.
#pragma once

#include "data/features.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace qmn {

class DataSource {
 public:
  virtual ~DataSource() = default;

  virtual const std::filesystem::path& path() const = 0;          ///< the folder or file, for messages
  virtual const std::vector<std::string>& labels() const = 0;     ///< of the outputs; empty: they are values
  virtual std::int64_t clip_count(Split split) const = 0;         ///< that load() would read; rows of a file count once each
  /// Whether FeatureOptions::copies and AugmentSettings mean something: of sound they do. Arrays and pictures are taken as they are, once.
  virtual bool can_disturb() const = 0;

  /// Inputs of one split. `front_end` is that of a net that takes sound.
  /// Files that are broken are skipped with a notice on standard error (Error under strict). Error (data): all of them are.
  virtual FeatureSet load(Split split, const FrontEndSettings& front_end, const FeatureOptions& options) const = 0;

  /// Batches of the training split, from step `first_step` on.
  virtual std::unique_ptr<BatchLoader> training_batches(const FrontEndSettings& front_end, const AugmentSettings& augment, int batch_size, std::uint64_t seed,
                                                        std::int64_t first_step) const = 0;

  /// All of the source that decides a training's result, but not where it lies.
  virtual std::string listing() const = 0;

  /// The name of a row for a person: "yes/0a7c2a8d_nohash_0.wav", "_silence_", "frames.npy[12]".
  std::string row_name(const FeatureSet& rows, std::int64_t row) const;
};

}  // namespace qmn
