// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation.h"

#include "base/error.h"

#include <fmt/ranges.h>

namespace qmn::cli {

Dataset dataset_for(const Model& model, const DataOptions& options, const std::string& model_path) {
  Dataset dataset = open_dataset(options.resolve(&model.metadata));
  const std::int64_t classes = model.graph.shape(model.graph.output).back();
  if (classes != static_cast<std::int64_t>(dataset.labels.size())) {
    fail_data("{}: the net has {} classes, but the data set has {} labels ({}): name its words in their order with --words", model_path, classes, dataset.labels.size(),
              fmt::join(dataset.labels, ", "));
  }
  if (!model.metadata.labels.empty() && model.metadata.labels != dataset.labels) {
    fail_data("{}: its labels are {}; a keyword data set has {}", model_path, fmt::join(model.metadata.labels, ", "), fmt::join(dataset.labels, ", "));
  }
  return dataset;
}

void check_copies(const DataSource& source, int copies) {
  if (copies > 0 && !source.can_disturb()) fail_usage("--copies {}: {} holds arrays or pictures, which are taken as they are", copies, source.path().string());
}

Split split_of(const std::string& name, const std::string& flag) {
  for (const Split split : {Split::training, Split::validation, Split::testing}) {
    if (name == split_name(split)) return split;
  }
  fail_usage("{} {}: unknown (there are training, validation, testing)", flag, name);
}

Comparison compare(const std::vector<float>& reference, const std::vector<float>& other, const FeatureSet& clips, std::size_t class_count) {
  return {paired_difference(reference, other, clips.labels, clips.clip_ids, class_count), agreement(reference, other, class_count), mean_kl(reference, other, class_count)};
}

std::string comparison_text(const Comparison& comparison) {
  const PairedDifference& difference = comparison.difference;
  return fmt::format("difference {:+.2f} points [{:+.2f}, {:+.2f}], same label {:.2f} %, KL {:.5f}", 100 * difference.mean, 100 * difference.low, 100 * difference.high,
                     100 * comparison.agreement, comparison.kl);
}

nlohmann::json comparison_json(const Comparison& comparison) {
  return {{"difference", comparison.difference.mean}, {"difference_low", comparison.difference.low}, {"difference_high", comparison.difference.high},
          {"agreement", comparison.agreement}, {"kl", comparison.kl}};
}

nlohmann::json confusion_json(const ConfusionMatrix& matrix) {
  nlohmann::json rows = nlohmann::json::array();
  const std::size_t classes = matrix.labels.size();
  for (std::size_t row = 0; row < classes; ++row) {
    rows.push_back(std::vector<std::int64_t>(matrix.counts.begin() + static_cast<std::ptrdiff_t>(row * classes), matrix.counts.begin() + static_cast<std::ptrdiff_t>((row + 1) * classes)));
  }
  return {{"accuracy", matrix.accuracy()}, {"hits", matrix.hits()}, {"clips", matrix.total()}, {"confusion", std::move(rows)}};
}

}  // namespace qmn::cli
