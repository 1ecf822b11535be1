// SPDX-License-Identifier: Apache-2.0
// data/example_source.h   Arrays and pictures (example_list.h) as a source, for nets that take no sound.
#pragma once

#include "data/data_source.h"
#include "data/example_list.h"

namespace qmn {

struct ExampleSettings {
  std::filesystem::path path;
  ExampleFormat format;                        ///< of the net's input
  std::int64_t output_count = 0;
  OutputKind outputs = OutputKind::unknown;    ///< unknown: what the labels suggest (see ExampleSource::outputs)
  std::vector<std::string> labels{};           ///< of the net's outputs; empty: nobody named them
  double validation_percentage = 10, testing_percentage = 10;
  bool is_strict = false;
};

class ExampleSource : public DataSource {
 public:
  /// Error (data) naming the example: a label that is none of the net's, a target of another length than the output; what list_examples says.
  explicit ExampleSource(ExampleSettings settings);

  const std::filesystem::path& path() const override { return settings_.path; }
  /// Names of the classes: the net's own; else the distinct labels of the examples in alphabetical order, or their numbers.
  const std::vector<std::string>& labels() const override { return labels_; }
  /// Where nobody said: values when the net answers as many numbers as it takes, when no example has a label, or when the labels are normal and
  /// anomaly; else classes.
  OutputKind outputs() const { return outputs_; }
  std::int64_t clip_count(Split split) const override;
  bool can_disturb() const override { return false; }
  FeatureSet load(Split split, const FrontEndSettings& front_end, const FeatureOptions& options) const override;
  std::unique_ptr<BatchLoader> training_batches(const FrontEndSettings& front_end, const AugmentSettings& augment, int batch_size, std::uint64_t seed,
                                                std::int64_t first_step) const override;
  std::string listing() const override;

 private:
  void choose_outputs();
  void choose_labels();
  int class_of(const ListedExample& example) const;
  int truth_of(const ListedExample& example) const;
  bool has_targets() const;

  ExampleSettings settings_;
  ExampleReader reader_;
  ExampleList list_;
  OutputKind outputs_ = OutputKind::values;
  std::vector<std::string> labels_;
  std::vector<int> label_of_;  // of each example
};

}  // namespace qmn
