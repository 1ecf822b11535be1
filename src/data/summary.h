// SPDX-License-Identifier: Apache-2.0
// data/summary.h   What a data set folder holds, read to the last sample: for `qmn data info`.
#pragma once

#include "data/dataset.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace qmn {

/// One number for each split, by static_cast<std::size_t>(Split).
using SplitCounts = std::array<std::int64_t, 3>;

struct DatasetSummary {
  struct Word {
    std::string name;
    bool is_wanted = false;
    SplitCounts clips{};
    std::int64_t broken_count = 0;
    std::int64_t clip_count() const { return clips[0] + clips[1] + clips[2]; }
  };
  std::vector<Word> words;                 ///< by name
  std::vector<std::string> missing_words;  ///< wanted, and without a clip
  SplitCounts clips{}, speakers{};
  std::int64_t shared_speaker_count = 0;   ///< speakers that stand in more than one split
  bool has_split_lists = false;            ///< else the SHA-1 rule decided

  // Of the clips that can be read:
  std::map<int, std::int64_t> sample_rates;  ///< Hz → clips
  std::map<int, std::int64_t> channels;      ///< channels → clips
  std::int64_t shorter_count = 0, longer_count = 0;  ///< than the front end's clip
  double shortest_seconds = 0, longest_seconds = 0, total_seconds = 0;

  std::int64_t broken_count = 0;             ///< clips and background recordings that cannot be read
  std::vector<std::string> broken_examples;  ///< the first few: what is wrong, path included

  std::int64_t background_count = 0;  ///< recordings that can be read
  double background_seconds = 0;
};

/// Reads every file of the folder. `clip_samples` at `sample_rate_hz` is the clip that durations are compared with. A wanted word without clips
/// is no error here. Error (data): as scan_dataset; under strict, the first file that is broken or would have to be converted.
DatasetSummary summarize(const DatasetSettings& settings, int sample_rate_hz = 16000, int clip_samples = 16000, bool is_quiet = false);

}  // namespace qmn
