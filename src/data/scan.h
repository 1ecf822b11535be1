// SPDX-License-Identifier: Apache-2.0
// data/scan.h   The file names of a Speech Commands folder, every word of it, and the split that each clip falls into. Reads no audio.
#pragma once

#include "data/dataset.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// What a list file names, by clip. Names are taken as the published files write them: one a line, "yes/0a7c2a8d_nohash_0.wav"; "./" in
/// front, backslashes and blanks at the end are forgiven.
using SplitLists = std::unordered_map<std::string, Split>;

/// Adds the clips of the list file `text`; `name` is what errors call it. Error (data): a clip that `lists` has in another split.
void add_split_list(std::string_view text, const std::string& name, Split split, SplitLists& lists);

/// The published rule for one file name, without its folder.
Split split_by_hash(std::string_view file_name, double validation_percentage, double testing_percentage);

/// "0a7c2a8d" of "0a7c2a8d_nohash_0.wav"; "clip" of "clip.wav".
std::string speaker_of(std::string_view file_name);

}  // namespace qmn
