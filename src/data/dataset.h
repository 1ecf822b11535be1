// SPDX-License-Identifier: Apache-2.0
// data/dataset.h   A keyword data set in the Speech Commands layout: a folder a word, <speaker>_nohash_<n>.wav, _background_noise_/.
//
// Splits follow validation_list.txt and testing_list.txt where they stand, else the data set's published rule: the SHA-1 of the file name
// without "_nohash_…" decides, so that all clips of one speaker fall into one split (Warden 2018, tensorflow input_data.py, which_set).
#pragma once

#include "metadata/metadata.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace qmn {

enum class Split { training, validation, testing };
const char* split_name(Split split);  ///< "training", "validation", "testing"

inline constexpr const char* kSilenceLabel = "_silence_";  ///< of clips of background noise alone
inline constexpr const char* kUnknownLabel = "_unknown_";  ///< of words that are no keywords
inline constexpr int kSilenceIndex = 0;  ///< of kSilenceLabel
inline constexpr int kUnknownIndex = 1;  ///< of kUnknownLabel

struct DatasetSettings {
  std::filesystem::path folder;
  std::vector<std::string> wanted_words{"yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"};
  double silence_percentage = 10;     ///< of the wanted-word clips of a split
  double unknown_percentage = 10;
  double validation_percentage = 10;  ///< of the SHA-1 rule
  double testing_percentage = 10;
  std::uint64_t seed = 59185;         ///< of the choice of unknown clips
  bool is_strict = false;             ///< broken, resampled or stereo files are errors instead of counted notices
};

/// One labelled example. A silence example has no file: it is a stretch of background noise, or zeros.
struct Clip {
  std::filesystem::path path;  ///< empty for silence
  int label = 0;               ///< index into Dataset::labels
  std::string speaker;
};

struct Dataset {
  DatasetSettings settings;
  std::vector<std::string> labels;  ///< "_silence_", "_unknown_", then the wanted words
  std::vector<Clip> training, validation, testing;
  std::vector<Clip> training_unknown_pool;        ///< every clip of other words in the training split: training draws from all of them
  std::vector<std::filesystem::path> background;  ///< noise recordings
  const std::vector<Clip>& clips(Split split) const;
};

/// Reads the folder's file names (no audio). Unknown clips are a seeded choice, the same in every run; their count and that of silence clips
/// are fixed by the percentages: ceil(wanted clips of the split × percentage / 100).
/// Error (data): no such folder, no word folder in it, a wanted word without (training) clips, one list file without the other.
/// Error (usage): no wanted word or one given twice, a percentage out of range.
Dataset open_dataset(const DatasetSettings& settings);

}  // namespace qmn
