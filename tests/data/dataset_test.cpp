// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include "data/scan.h"
#include "tiny_dataset.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

namespace qmn {
namespace {

std::map<int, int> label_counts(const std::vector<Clip>& clips) {
  std::map<int, int> counts;
  for (const Clip& clip : clips) ++counts[clip.label];
  return counts;
}

std::vector<std::string> paths_of(const std::vector<Clip>& clips) {
  std::vector<std::string> paths;
  for (const Clip& clip : clips) paths.push_back(clip.path.string());
  return paths;
}

TEST(SplitRule, GivesThePublishedSplits) {
  const std::vector<std::pair<std::string, Split>> known{
      {"0a7c2a8d_nohash_0.wav", Split::training}, {"0a7c2a8d_nohash_1.wav", Split::training},   {"fb8c9fb5_nohash_3.wav", Split::validation},
      {"0ea0e2f4_nohash_1.wav", Split::testing},  {"4c7c95de_nohash_0.wav", Split::testing},    {"b97c9f77_nohash_0.wav", Split::testing},
      {"plain_clip.wav", Split::training},        {"voice7_nohash_0.wav", Split::validation},   {"voice11_nohash_4.wav", Split::training}};
  for (const auto& [name, split] : known) EXPECT_EQ(split_by_hash(name, 10, 10), split) << name;
  EXPECT_EQ(split_by_hash("alice_nohash_1.wav", 20, 30), Split::testing);    // 24.06 %
  EXPECT_EQ(split_by_hash("alice_nohash_1.wav", 25, 30), Split::validation);
  EXPECT_EQ(split_by_hash("speaker.wav", 20, 30), Split::testing);           // 32.03 %, of the whole name
}

TEST(SplitRule, AgreesWithTheOfficialTestList) {
  const char* data = std::getenv("QMN_SPEECH_COMMANDS");
  if (!data) GTEST_SKIP() << "needs QMN_SPEECH_COMMANDS (the data set)";
  std::ifstream list(std::filesystem::path(data) / "testing_list.txt");
  int count = 0;
  for (std::string line; std::getline(list, line); ++count) {
    ASSERT_EQ(split_by_hash(line.substr(line.find('/') + 1), 10, 10), Split::testing) << line;
  }
  EXPECT_GT(count, 100);
}

TEST(Speaker, IsTheNameBeforeNohash) {
  EXPECT_EQ(speaker_of("0a7c2a8d_nohash_0.wav"), "0a7c2a8d");
  EXPECT_EQ(speaker_of("clip.wav"), "clip");
}

TEST_F(TinyDataset, ListsDecideTheSplits) {
  make();
  const Dataset dataset = open_dataset(settings_);
  EXPECT_EQ(dataset.labels, (std::vector<std::string>{"_silence_", "_unknown_", "yes", "no"}));
  EXPECT_EQ(label_counts(dataset.training), (std::map<int, int>{{0, 6}, {1, 6}, {2, 6}, {3, 6}}));
  EXPECT_EQ(label_counts(dataset.validation), (std::map<int, int>{{0, 3}, {1, 3}, {2, 3}, {3, 3}}));
  EXPECT_EQ(label_counts(dataset.testing), (std::map<int, int>{{0, 3}, {1, 3}, {2, 3}, {3, 3}}));
  EXPECT_EQ(dataset.training_unknown_pool.size(), 12u);
  EXPECT_EQ(dataset.background.size(), 2u);
  for (const auto& [split, group] : {std::pair{Split::training, 't'}, {Split::validation, 'v'}, {Split::testing, 'e'}}) {
    for (const Clip& clip : dataset.clips(split)) {
      EXPECT_EQ(clip.path.empty(), clip.label == kSilenceIndex);
      EXPECT_EQ(clip.speaker.substr(0, 1), clip.path.empty() ? "" : std::string(1, group));
    }
  }
}

TEST_F(TinyDataset, CountsOfSilenceAndUnknownAreTheirShareRoundedUp) {
  make();
  settings_.silence_percentage = 10;
  settings_.unknown_percentage = 20;
  const Dataset dataset = open_dataset(settings_);
  EXPECT_EQ(label_counts(dataset.training), (std::map<int, int>{{0, 2}, {1, 3}, {2, 6}, {3, 6}}));  // 12 · 10 % = 1.2, 12 · 20 % = 2.4
  settings_.silence_percentage = settings_.unknown_percentage = 0;
  EXPECT_EQ(label_counts(open_dataset(settings_).training), (std::map<int, int>{{2, 6}, {3, 6}}));
  settings_.unknown_percentage = 100;
  settings_.wanted_words = {"yes", "no", "cat"};
  EXPECT_EQ(label_counts(open_dataset(settings_).training).at(kUnknownIndex), 6);  // no more of them exist
}

TEST_F(TinyDataset, TheChoiceOfUnknownClipsIsStableAndFollowsTheSeed) {
  make(20, 3);
  settings_.unknown_percentage = 25;
  const auto first = paths_of(open_dataset(settings_).training);
  EXPECT_EQ(first, paths_of(open_dataset(settings_).training));
  settings_.seed = 7;
  EXPECT_NE(first, paths_of(open_dataset(settings_).training));
  settings_.seed = DatasetSettings{}.seed;
  write("bird/t0_nohash_0.wav", test_sound(5000));
  const auto more = paths_of(open_dataset(settings_).training);
  std::set<std::string> both(first.begin(), first.end());
  both.insert(more.begin(), more.end());
  EXPECT_LE(both.size(), std::set<std::string>(first.begin(), first.end()).size() + 1);  // one new clip moves one at most
}

TEST_F(TinyDataset, WithoutListsTheHashDecidesAndKeepsSpeakersTogether) {
  std::uint64_t key = 0;
  for (const char* word : {"yes", "no"}) {
    for (int s = 0; s < 60; ++s) write(std::string(word) + "/voice" + std::to_string(s) + "_nohash_0.wav", test_sound(++key, 400));
  }
  const Dataset dataset = open_dataset(settings_);
  std::map<std::string, std::set<int>> splits;
  for (Split split : {Split::training, Split::validation, Split::testing}) {
    EXPECT_FALSE(dataset.clips(split).empty());
    for (const Clip& clip : dataset.clips(split)) {
      if (!clip.path.empty()) splits[clip.speaker].insert(static_cast<int>(split));
    }
  }
  EXPECT_EQ(splits.size(), 60u);
  for (const auto& [speaker, found] : splits) EXPECT_EQ(found.size(), 1u) << speaker;
  EXPECT_EQ(dataset.training_unknown_pool.size(), 0u);
}

TEST_F(TinyDataset, FilesThatAreNoClipsAreLeftAlone) {
  make();
  const auto before = paths_of(open_dataset(settings_).training);
  write_text("yes/readme.txt", "no sound");
  write_text("yes/.hidden.wav", "no sound");
  write_text("_extra_/t0_nohash_0.wav", "no sound");
  write_text("LICENSE", "text");
  std::filesystem::create_directories(folder() / "empty_word");
  EXPECT_EQ(paths_of(open_dataset(settings_).training), before);
}

TEST_F(TinyDataset, ListsOfOtherSystemsWorkToo) {
  make();
  const auto before = paths_of(open_dataset(settings_).validation);
  std::string list = read_file(folder() / "validation_list.txt"), changed;
  for (char letter : list) changed += letter == '/' ? std::string("\\") : letter == '\n' ? std::string("\r\n") : std::string(1, letter);
  write_text("validation_list.txt", "\r\n" + changed);
  EXPECT_EQ(paths_of(open_dataset(settings_).validation), before);
}

TEST_F(TinyDataset, WrongFoldersAreClearErrors) {
  EXPECT_NE(error_of([&] { open_dataset(settings_); }).find("no such folder"), std::string::npos);
  std::filesystem::create_directories(folder());
  EXPECT_NE(error_of([&] { open_dataset(settings_); }).find("holds no clips"), std::string::npos);
  settings_.folder = temporary_.path() / "file";
  write_file_atomic(settings_.folder, "text");
  EXPECT_NE(error_of([&] { open_dataset(settings_); }).find("is no folder"), std::string::npos);
}

TEST_F(TinyDataset, AWordWithoutClipsIsNamedBesideTheWordsThatExist) {
  make();
  settings_.wanted_words = {"yes", "bananas"};
  const std::string message = error_of([&] { open_dataset(settings_); });
  EXPECT_NE(message.find("'bananas'"), std::string::npos) << message;
  EXPECT_NE(message.find("cat, dog, no, yes"), std::string::npos) << message;
}

TEST_F(TinyDataset, AWordWithoutTrainingClipsIsAnErrorAndOneWithoutTestClipsIsNot) {
  make();
  for (int s = 0; s < 3; ++s) std::filesystem::remove(folder() / ("yes/e" + std::to_string(s) + "_nohash_0.wav"));
  EXPECT_EQ(label_counts(open_dataset(settings_).testing).count(2), 0u);
  for (int s = 0; s < 6; ++s) std::filesystem::remove(folder() / ("yes/t" + std::to_string(s) + "_nohash_0.wav"));
  EXPECT_NE(error_of([&] { open_dataset(settings_); }).find("'yes'"), std::string::npos);
}

TEST_F(TinyDataset, WrongListsAreErrors) {
  make();
  const std::string testing = read_file(folder() / "testing_list.txt");
  std::filesystem::remove(folder() / "testing_list.txt");
  EXPECT_NE(error_of([&] { open_dataset(settings_); }).find("no testing_list.txt"), std::string::npos);
  write_text("testing_list.txt", testing + "yes/v0_nohash_0.wav\n");
  EXPECT_NE(error_of([&] { open_dataset(settings_); }).find("yes/v0_nohash_0.wav"), std::string::npos);
}

TEST_F(TinyDataset, WrongSettingsAreUsageErrorsThatNameTheFlag) {
  make();
  const DatasetSettings good = settings_;
  auto complaint = [&](const std::function<void(DatasetSettings&)>& change) {
    settings_ = good;
    change(settings_);
    return error_of([&] { open_dataset(settings_); }, ErrorKind::usage);
  };
  EXPECT_NE(complaint([](auto& s) { s.wanted_words = {"yes", "no", "yes"}; }).find("'yes' is given twice"), std::string::npos);
  EXPECT_NE(complaint([](auto& s) { s.wanted_words = {}; }).find("--wanted_words"), std::string::npos);
  EXPECT_NE(complaint([](auto& s) { s.wanted_words = {"yes", ""}; }).find("--wanted_words"), std::string::npos);
  EXPECT_NE(complaint([](auto& s) { s.wanted_words = {"_silence_"}; }).find("_silence_"), std::string::npos);
  EXPECT_NE(complaint([](auto& s) { s.wanted_words = {"../yes"}; }).find("../yes"), std::string::npos);
  EXPECT_NE(complaint([](auto& s) { s.silence_percentage = -1; }).find("--silence_percentage is -1"), std::string::npos);
  EXPECT_NE(complaint([](auto& s) { s.unknown_percentage = 101; }).find("--unknown_percentage is 101"), std::string::npos);
  EXPECT_NE(complaint([](auto& s) { s.unknown_percentage = std::nan(""); }).find("--unknown_percentage"), std::string::npos);
  EXPECT_NE(complaint([](auto& s) { s.validation_percentage = 60; s.testing_percentage = 40; }).find("nothing to train on"), std::string::npos);
}

}  // namespace
}  // namespace qmn
