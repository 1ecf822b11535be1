// SPDX-License-Identifier: Apache-2.0
// data/scan.h   The file names of a Speech Commands folder, every word of it, and the split that each clip falls into. Reads no audio.
#pragma once

#include "data/dataset.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace qmn {

struct ScannedClip {
  std::filesystem::path path;
  std::string relative_name;  ///< "yes/0a7c2a8d_nohash_0.wav", as the list files write it
  std::string speaker;        ///< the file name without "_nohash_…"
  Split split = Split::training;
};

struct DatasetScan {
  std::map<std::string, std::vector<ScannedClip>> words;  ///< by folder name; clips in the order of their names
  std::vector<std::filesystem::path> background;
  bool has_split_lists = false;  ///< else the SHA-1 rule decided
};

/// Error (data): no such folder, no word folder in it, one list file without the other, a clip in both lists.
/// Error (usage): validation and testing percentages out of range.
DatasetScan scan_dataset(const DatasetSettings& settings);

/// The published rule for one file name, without its folder.
Split split_by_hash(std::string_view file_name, double validation_percentage, double testing_percentage);

/// "0a7c2a8d" of "0a7c2a8d_nohash_0.wav"; "clip" of "clip.wav".
std::string speaker_of(std::string_view file_name);

}  // namespace qmn
