// SPDX-License-Identifier: Apache-2.0
// data/feature_set.h   Network inputs and what is known about each: what every measurement and every search runs on.
#pragma once

#include "metadata/metadata.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace qmn {

/// FeatureSet::labels of a row whose class, or truth, nobody knows.
inline constexpr int kNoLabel = -1;

/// Rows [row][features_per_clip], each as the net takes it: of sound [frame][coefficient], scaled by the front end's coefficient shifts; of
/// arrays and pictures in the net's own order, channels before rows.
struct FeatureSet {
  std::vector<float> features;               ///< of sound by the float reference of the front end
  std::vector<float> device_features{};      ///< of sound by its integer twin, what the device sees, as exact reals; empty: not asked for
  std::vector<std::int16_t> samples{};       ///< of sound, [row][clip_samples]; empty: not asked for
  std::vector<int> labels;                   ///< of each row. Classes: the index of its output; values: 0 normal, 1 anomaly; or kNoLabel
  std::vector<int> clip_ids;                 ///< of each row: the clip, or file, that it is of (copies of a clip, rows of a file share it)
  std::vector<std::filesystem::path> paths;  ///< of each row; empty for silence
  std::vector<std::uint8_t> silent_frames;   ///< of sound, [row][frame]: 1 where every sample of the window is zero (digital silence); else empty
  std::vector<float> targets;                ///< of values, [row][output]: what the net should answer; empty: nobody knows, or it is the input
  OutputKind outputs = OutputKind::classes;  ///< what the net's outputs are taken for: classes or values
  int features_per_clip = 0;

  std::int64_t row_count() const { return static_cast<std::int64_t>(labels.size()); }
  /// What a network of integers runs on.
  const std::vector<float>& integer_features() const { return device_features.empty() ? features : device_features; }
  std::span<const float> row(std::int64_t index) const {
    return std::span(features).subspan(static_cast<std::size_t>(index) * static_cast<std::size_t>(features_per_clip), static_cast<std::size_t>(features_per_clip));
  }
  bool has_labels() const;           ///< of any row
  FeatureSet labeled_rows() const;   ///< those that have one

  /// Appends row `row` of another set of the same net.
  void append_row(const FeatureSet& from, std::int64_t row);
  void append(const FeatureSet& from);
};

}  // namespace qmn
