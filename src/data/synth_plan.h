// SPDX-License-Identifier: Apache-2.0
// data/synth_plan.h   Which voice says which word in which split: everything about a synthesized data set that can be decided before a
// sound is made. A pure function of the settings and the voices.
#pragma once

#include "data/dataset.h"
#include "data/speech_engine.h"
#include "data/synth.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace qmn {

/// The voices of each split, [Split]. Whole timbres are dealt, engine by engine, so that nobody is heard in two splits. Each split gets its
/// share of every engine's timbres, at least one where an engine has three; a share of 0 % gets none.
using VoiceSplits = std::array<std::vector<Voice>, 3>;
VoiceSplits split_voices(const std::vector<Voice>& voices, double validation_percentage, double testing_percentage, std::uint64_t seed);

struct PlannedClip {
  std::string text;  ///< what is said
  std::string file;  ///< <folder>/<speaker>_nohash_<n>.wav; <speaker> are 8 hex digits of the SHA-1 of engine and voice
  Voice voice;
  Split split = Split::training;
  std::uint64_t word_key = 0;  ///< of the word's folder alone: its clips stay the same when other words come or go
  std::uint64_t index = 0;     ///< among the clips of the word
};

/// All clips of all words, word by word. An engine is drawn with the weight of its timbres in all splits, then a timbre of the split, then
/// one of its voices: people are heard alike, and an engine has the same share in each split that has it.
std::vector<PlannedClip> plan_clips(const SynthSettings& settings, const std::vector<std::string>& unknown_words,
                                    const VoiceSplits& voices);

/// The folder of a word: spaces become underscores ("hey computer" → hey_computer). Error (usage) for words that cannot be a folder's name.
std::string word_folder(const std::string& word);

/// Short everyday words, spread over the sounds of English.
const std::vector<std::string>& common_words();

/// settings.unknown_words, or the common words without the keywords. Error (usage): a word stands in both lists, or two share a folder.
std::vector<std::string> choose_unknown_words(const SynthSettings& settings);

/// 64 bits of the SHA-1 of a text, as a key of Random.
std::uint64_t text_key(const std::string& text);

}  // namespace qmn
