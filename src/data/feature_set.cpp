// SPDX-License-Identifier: Apache-2.0
#include "data/feature_set.h"

#include "base/check.h"

#include <algorithm>

namespace qmn {
namespace {

/// The values of one row out of rows of equal length.
template <class Value>
void append_slice(std::vector<Value>& to, const std::vector<Value>& from, std::size_t row, std::size_t row_count) {
  const std::size_t length = from.size() / row_count;
  const auto first = from.begin() + static_cast<std::ptrdiff_t>(row * length);
  to.insert(to.end(), first, first + static_cast<std::ptrdiff_t>(length));
}

}  // namespace

bool FeatureSet::has_labels() const {
  return std::ranges::any_of(labels, [](int label) { return label != kNoLabel; });
}

FeatureSet FeatureSet::labeled_rows() const {
  if (std::ranges::count(labels, kNoLabel) == 0) return *this;
  FeatureSet labeled;
  for (std::int64_t row = 0; row < row_count(); ++row) {
    if (labels[static_cast<std::size_t>(row)] != kNoLabel) labeled.append_row(*this, row);
  }
  return labeled;
}

void FeatureSet::append_row(const FeatureSet& from, std::int64_t row) {
  QMN_CHECK(labels.empty() || features_per_clip == from.features_per_clip, "rows of one net are equally long");
  const auto index = static_cast<std::size_t>(row);
  features_per_clip = from.features_per_clip;
  outputs = from.outputs;
  append_slice(features, from.features, index, from.labels.size());
  append_slice(device_features, from.device_features, index, from.labels.size());
  append_slice(samples, from.samples, index, from.labels.size());
  append_slice(silent_frames, from.silent_frames, index, from.labels.size());
  append_slice(targets, from.targets, index, from.labels.size());
  labels.push_back(from.labels[index]);
  clip_ids.push_back(from.clip_ids[index]);
  paths.push_back(from.paths[index]);
}

void FeatureSet::append(const FeatureSet& from) {
  for (std::int64_t row = 0; row < from.row_count(); ++row) append_row(from, row);
}

}  // namespace qmn
