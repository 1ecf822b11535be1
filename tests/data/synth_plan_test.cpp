// SPDX-License-Identifier: Apache-2.0
#include "data/synth_plan.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace qmn {
namespace {

std::vector<Voice> some_voices(int big_timbres, int small_timbres) {
  std::vector<Voice> voices;
  for (int timbre = 0; timbre < big_timbres; ++timbre) {
    for (const char* accent : {"gb", "us"}) voices.push_back({"big", fmt::format("{}+{}", accent, timbre), fmt::format("t{}", timbre)});
  }
  for (int timbre = 0; timbre < small_timbres; ++timbre)
    voices.push_back({"small", fmt::format("s{}", timbre), fmt::format("s{}", timbre)});
  return voices;
}

SynthSettings settings_for(std::vector<std::string> words) {
  SynthSettings settings;
  settings.words = std::move(words);
  return settings;
}

std::string speaker(const PlannedClip& clip) { return clip.file.substr(clip.file.find('/') + 1, 8); }

ErrorKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "no error";
  return ErrorKind::data;
}

TEST(SynthPlan, NoTimbreIsInTwoSplitsAndEveryEngineIsInEach) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const VoiceSplits splits = split_voices(some_voices(20, 3), 15, 15, seed);
    std::map<std::string, std::set<std::size_t>> splits_of_timbre, splits_of_engine;
    for (std::size_t split = 0; split < 3; ++split) {
      for (const Voice& voice : splits[split]) {
        splits_of_timbre[voice.engine + voice.timbre].insert(split);
        splits_of_engine[voice.engine].insert(split);
      }
    }
    EXPECT_EQ(splits_of_timbre.size(), 23u);
    for (const auto& [timbre, in] : splits_of_timbre) EXPECT_EQ(in.size(), 1u) << timbre;
    for (const auto& [engine, in] : splits_of_engine) EXPECT_EQ(in.size(), 3u) << engine;
    EXPECT_EQ(splits[1].size(), 3u * 2 + 1);
  }
}

TEST(SynthPlan, AShareOfZeroGetsNoVoiceAndTrainingIsNeverEmpty) {
  const VoiceSplits none = split_voices(some_voices(10, 0), 0, 0, 1);
  EXPECT_EQ(none[0].size(), 20u);
  for (int timbres = 1; timbres <= 8; ++timbres) EXPECT_FALSE(split_voices(some_voices(timbres, 0), 49, 50, 1)[0].empty()) << timbres;
}

TEST(SynthPlan, ClipsOfAWordFollowTheShares) {
  SynthSettings settings = settings_for({"yes", "no"});
  settings.clips_per_word = 200;
  settings.clips_per_unknown_word = 20;
  const auto clips = plan_clips(settings, {"cat"}, split_voices(some_voices(20, 4), 15, 15, 1));
  ASSERT_EQ(clips.size(), 420u);
  std::map<std::pair<std::string, Split>, int> counts;
  for (const PlannedClip& clip : clips) ++counts[{clip.text, clip.split}];
  EXPECT_EQ((counts[{"yes", Split::validation}]), 30);
  EXPECT_EQ((counts[{"yes", Split::testing}]), 30);
  EXPECT_EQ((counts[{"yes", Split::training}]), 140);
  EXPECT_EQ((counts[{"cat", Split::validation}]), 3);
}

TEST(SynthPlan, FileNamesAreUniqueAndSpeakersStayInTheirSplit) {
  SynthSettings settings = settings_for({"yes", "hey computer"});
  const auto clips = plan_clips(settings, {}, split_voices(some_voices(20, 4), 15, 15, 1));
  std::set<std::string> files;
  std::map<std::string, std::set<Split>> splits_of_speaker;
  for (const PlannedClip& clip : clips) {
    EXPECT_TRUE(files.insert(clip.file).second) << clip.file;
    splits_of_speaker[speaker(clip)].insert(clip.split);
    EXPECT_EQ(speaker(clip).find_first_not_of("0123456789abcdef"), std::string::npos);
  }
  for (const auto& [name, in] : splits_of_speaker) EXPECT_EQ(in.size(), 1u) << name;
  EXPECT_TRUE(std::any_of(files.begin(), files.end(), [](const std::string& file) { return file.starts_with("hey_computer/"); }));
}

TEST(SynthPlan, AnEngineHasTheSameShareInEverySplit) {
  SynthSettings settings = settings_for({"yes"});
  settings.clips_per_word = 20000;
  std::array<double, 3> small{}, all{};
  for (const PlannedClip& clip : plan_clips(settings, {}, split_voices(some_voices(21, 4), 15, 15, 1))) {
    all[static_cast<std::size_t>(clip.split)] += 1;
    small[static_cast<std::size_t>(clip.split)] += clip.voice.engine == "small" ? 1 : 0;
  }
  const double share = 4.0 / (4 + 21);
  for (std::size_t split = 0; split < 3; ++split) EXPECT_NEAR(small[split] / all[split], share, 4 * std::sqrt(share * (1 - share) / all[split])) << split;
}

TEST(SynthPlan, AWordKeepsItsClipsWhenOthersComeAndGo) {
  const VoiceSplits voices = split_voices(some_voices(20, 4), 15, 15, 1);
  const auto alone = plan_clips(settings_for({"no"}), {}, voices);
  const auto beside = plan_clips(settings_for({"yes", "no"}), {}, voices);
  ASSERT_EQ(beside.size(), 2 * alone.size());
  for (std::size_t at = 0; at < alone.size(); ++at) {
    EXPECT_EQ(alone[at].file, beside[alone.size() + at].file);
    EXPECT_EQ(alone[at].word_key, beside[alone.size() + at].word_key);
  }
}

TEST(SynthPlan, SpacesBecomeUnderscoresInFoldersAndAreSpoken) {
  EXPECT_EQ(word_folder("hey computer"), "hey_computer");
  EXPECT_EQ(word_folder("don't"), "don't");
  const auto clips = plan_clips(settings_for({"hey_computer"}), {}, split_voices(some_voices(5, 0), 15, 15, 1));
  EXPECT_EQ(clips.at(0).text, "hey computer");
}

TEST(SynthPlan, RefusesWordsThatAreNoFolderNames) {
  for (const char* word :
       {"", "a/b", "..", ".hidden", "_silence_", "-v", "tab\t", "new\nline", " lead", "validation_list.txt", "a\\b", "what?"}) {
    EXPECT_EQ(kind_of([&] { word_folder(word); }), ErrorKind::usage) << word;
  }
  EXPECT_EQ(kind_of([] { word_folder(std::string(101, 'a')); }), ErrorKind::usage);
}

TEST(SynthPlan, UnknownWordsAreTheCommonOnesWithoutTheKeywords) {
  const auto unknown = choose_unknown_words(settings_for({"yes", "cat", "two"}));
  EXPECT_EQ(unknown.size(), common_words().size() - 2);
  EXPECT_EQ(std::count(unknown.begin(), unknown.end(), "cat"), 0);
}

TEST(SynthPlan, RefusesAWordInBothLists) {
  SynthSettings settings = settings_for({"yes", "no"});
  settings.unknown_words = {"maybe", "no"};
  EXPECT_EQ(kind_of([&] { choose_unknown_words(settings); }), ErrorKind::usage);
  EXPECT_EQ(kind_of([&] { choose_unknown_words(settings_for({"a b", "a_b"})); }), ErrorKind::usage);
}

}  // namespace
}  // namespace qmn
