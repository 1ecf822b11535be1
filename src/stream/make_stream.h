// SPDX-License-Identifier: Apache-2.0
// stream/make_stream.h   Long audio from a data set: its clips one after the other with pauses between them, in noise, and the truth about it.
#pragma once

#include "data/dataset.h"
#include "stream/truth.h"

#include <cstdint>
#include <vector>

namespace qmn {

struct StreamSettings {
  double seconds = 600;
  double word_share = 0.5;                      ///< of the clips: wanted words; the others are words that nobody wants
  double shortest_pause = 0.3, longest_pause = 2;  ///< seconds between two clips
  double noise_volume = 0.1;                    ///< the largest; of every 10 s it is drawn anew, uniformly, as is the recording
  std::uint64_t seed = 1;
};

struct MadeStream {
  std::vector<std::int16_t> samples;
  std::vector<SpokenWord> truth;  ///< each clip from its first sample to its last; of unwanted words, the name of their folder
};

/// Clips of one split in a random order that repeats when all have been heard. Depends on the settings and the files alone.
/// Error (data): the split has no wanted clips, or all clips are broken; under strict, any of them is. Error (usage): settings out of range.
MadeStream make_stream(const Dataset& dataset, Split split, const FrontEndSettings& front_end, const StreamSettings& settings);

}  // namespace qmn
