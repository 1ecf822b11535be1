// SPDX-License-Identifier: Apache-2.0
// data/keyword_source.h   A keyword data set as a source: features of the front end, copies and augmentation by sound.
#pragma once

#include "data/data_source.h"
#include "data/dataset.h"

namespace qmn {

class KeywordSource : public DataSource {
 public:
  explicit KeywordSource(Dataset dataset) : dataset_(std::move(dataset)) {}

  const std::filesystem::path& path() const override { return dataset_.settings.folder; }
  const std::vector<std::string>& labels() const override { return dataset_.labels; }
  std::int64_t clip_count(Split split) const override { return std::ssize(dataset_.clips(split)); }
  bool can_disturb() const override { return true; }
  FeatureSet load(Split split, const FrontEndSettings& front_end, const FeatureOptions& options) const override { return load_features(dataset_, split, front_end, options); }
  std::unique_ptr<BatchLoader> training_batches(const FrontEndSettings& front_end, const AugmentSettings& augment, int batch_size, std::uint64_t seed,
                                                std::int64_t first_step) const override {
    return std::make_unique<TrainingLoader>(dataset_, front_end, augment, batch_size, seed, first_step);
  }
  std::string listing() const override;

  const Dataset& dataset() const { return dataset_; }

 private:
  Dataset dataset_;
};

}  // namespace qmn
