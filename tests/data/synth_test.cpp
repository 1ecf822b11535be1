// SPDX-License-Identifier: Apache-2.0
// Data sets from a stand-in for flite (a shell script on a PATH of its own) and from the real engines where they are installed.
#include "data/synth.h"

#include "audio/wav.h"
#include "base/error.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "data/dataset.h"
#include "data/effects.h"
#include "data/speech_engine.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

namespace fs = std::filesystem;

namespace qmn {
namespace {

/// PATH for the duration of a test.
class ScopedPath {
 public:
  explicit ScopedPath(const std::string& path) : before_(std::getenv("PATH")) { ::setenv("PATH", path.c_str(), 1); }
  ~ScopedPath() { ::setenv("PATH", before_.c_str(), 1); }
  ScopedPath(const ScopedPath&) = delete;
  ScopedPath& operator=(const ScopedPath&) = delete;

 private:
  std::string before_;
};

/// A program `flite` with the voices a … e. It fails on "mute", stays silent on "silent", and speaks 2.5 s for "long", else 0.4 s of a
/// tone.
void make_fake_flite(const fs::path& folder) {
  auto tone = [](double seconds, double gain) {
    std::vector<float> samples(static_cast<std::size_t>(seconds * 16000));
    for (std::size_t at = 0; at < samples.size(); ++at) samples[at] = static_cast<float>(gain * std::sin(0.2 * static_cast<double>(at)));
    return samples;
  };
  write_wav(folder / "word.wav", tone(0.4, 0.5), 16000);
  write_wav(folder / "long.wav", tone(2.5, 0.5), 16000);
  write_wav(folder / "silent.wav", tone(0.4, 0), 16000);
  write_file_atomic(folder / "flite", R"(#!/bin/sh
here=${0%/*}
sound=word
while [ $# -gt 0 ]; do
  case $1 in
    -lv) echo "Voices available: a b awb_time c d e "; exit 0 ;;
    --version) echo "  version: flite-9.9-fake Jan 1970"; exit 0 ;;
    -t) case $2 in mute) exit 1 ;; long|silent) sound=$2 ;; esac; shift ;;
    -o) out=$2; shift ;;
  esac
  shift
done
exec /bin/cp "$here/$sound.wav" "$out"
)");
  fs::permissions(folder / "flite", fs::perms::owner_all);
}

SynthSettings small_settings(std::vector<std::string> words) {
  SynthSettings settings;
  settings.words = std::move(words);
  settings.unknown_words = {"cat"};
  settings.clips_per_word = 12;
  settings.clips_per_unknown_word = 4;
  settings.background_seconds = 1;
  settings.is_quiet = true;
  return settings;
}

std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
  }
  return files;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class SynthTest : public testing::Test {
 protected:
  SynthTest() {
    fs::create_directory(programs_);
    make_fake_flite(programs_);
  }
  TemporaryFolder temporary_;
  fs::path programs_ = temporary_.path() / "programs";
  fs::path folder_ = temporary_.path() / "words";
  ScopedPath path_{programs_.string()};
};

TEST_F(SynthTest, WritesTheSpeechCommandsLayout) {
  const SynthResult result = synthesize_dataset(folder_, small_settings({"yes", "hey computer"}));
  EXPECT_EQ(result.clip_count, 28);
  EXPECT_EQ(result.failed_count, 0);
  EXPECT_EQ(result.voice_count, 5);  // awb_time is left out
  const auto files = files_of(folder_);
  EXPECT_EQ(files.size(), 28u + 4 + 3);
  EXPECT_TRUE(files.contains("_background_noise_/hum_and_babble.wav"));
  EXPECT_TRUE(nlohmann::json::accept(files.at("qmn-synth.json")));
  for (const auto& [name, bytes] : files) {
    if (!name.ends_with(".wav") || name.starts_with("_")) continue;
    const Audio audio = read_audio(folder_ / name, 16000);
    EXPECT_EQ(audio.samples.size(), 16000u) << name;
    EXPECT_FALSE(audio.was_resampled || audio.was_downmixed);
    EXPECT_GT(rms(audio.samples), 0.005) << name;
  }
}

TEST_F(SynthTest, TheDataSetOpensWithDisjointSpeakers) {
  synthesize_dataset(folder_, small_settings({"yes", "no"}));
  DatasetSettings settings;
  settings.folder = folder_;
  settings.wanted_words = {"yes", "no"};
  const Dataset dataset = open_dataset(settings);
  std::map<std::string, std::set<Split>> splits_of_speaker;
  for (Split split : {Split::training, Split::validation, Split::testing}) {
    EXPECT_FALSE(dataset.clips(split).empty());
    for (const Clip& clip : dataset.clips(split)) {
      if (!clip.path.empty()) splits_of_speaker[clip.speaker].insert(split);
    }
  }
  EXPECT_GE(splits_of_speaker.size(), 3u);
  for (const auto& [speaker, splits] : splits_of_speaker) EXPECT_EQ(splits.size(), 1u) << speaker;
  EXPECT_EQ(dataset.background.size(), 4u);
}

TEST_F(SynthTest, TheSeedDecidesEveryByte) {
  SynthSettings settings = small_settings({"yes"});
  synthesize_dataset(folder_, settings);
  const auto first = files_of(folder_);
  synthesize_dataset(folder_, settings);  // replaces its own
  EXPECT_TRUE(files_of(folder_) == first);
  settings.seed = 2;
  synthesize_dataset(folder_, settings);
  EXPECT_FALSE(files_of(folder_) == first);
}

TEST_F(SynthTest, AnotherWordDoesNotChangeTheClipsOfThisOne) {
  synthesize_dataset(folder_, small_settings({"yes"}));
  const auto alone = files_of(folder_);
  synthesize_dataset(folder_, small_settings({"no", "yes"}));
  const auto both = files_of(folder_);
  for (const auto& [name, bytes] : alone) {
    if (!name.starts_with("yes/")) continue;
    EXPECT_TRUE(both.at(name) == bytes) << name;
  }
}

TEST_F(SynthTest, WhatIsTooLongIsCutToTheClip) {
  synthesize_dataset(folder_, small_settings({"long"}));
  for (const auto& [name, bytes] : files_of(folder_ / "long")) EXPECT_EQ(read_audio(folder_ / "long" / name, 16000).samples.size(), 16000u);
}

TEST_F(SynthTest, AWordThatNobodySpeaksIsAnErrorAndLeavesNothing) {
  for (const char* word : {"mute", "silent"}) {
    EXPECT_NE(error_of([&] {
                synthesize_dataset(folder_, small_settings({"yes", word}));
              }).find(fmt::format("could say '{}'", word)),
              std::string::npos);
    EXPECT_FALSE(fs::exists(folder_));
    EXPECT_EQ(std::distance(fs::directory_iterator(temporary_.path()), fs::directory_iterator()), 1);  // the programs
  }
}

TEST_F(SynthTest, DoesNotReplaceAFolderOfSomeoneElse) {
  fs::create_directory(folder_);
  write_file_atomic(folder_ / "thesis.txt", "years of work");
  EXPECT_NE(error_of([&] { synthesize_dataset(folder_, small_settings({"yes"})); }).find("not made by qmn"), std::string::npos);
  EXPECT_EQ(read_file(folder_ / "thesis.txt"), "years of work");
}

TEST_F(SynthTest, NamesEnginesThatAreUnknownOrMissing) {
  SynthSettings settings = small_settings({"yes"});
  settings.engines = {"festival"};
  EXPECT_NE(error_of([&] { synthesize_dataset(folder_, settings); }).find("there are espeak-ng, flite"), std::string::npos);
  settings.engines = {"espeak-ng"};
  EXPECT_NE(error_of([&] { synthesize_dataset(folder_, settings); }).find("install the Debian package espeak-ng"), std::string::npos);
  const ScopedPath empty(temporary_.path().string());
  settings.engines.clear();
  EXPECT_NE(error_of([&] { synthesize_dataset(folder_, settings); }).find("Debian packages espeak-ng, flite"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(SynthTest, RefusesSettingsOutOfRange) {
  auto refused = [&](auto change, const char* flag) {
    SynthSettings settings = small_settings({"yes"});
    change(settings);
    EXPECT_NE(error_of([&] { synthesize_dataset(folder_, settings); }).find(flag), std::string::npos) << flag;
  };
  refused([](SynthSettings& settings) { settings.words.clear(); }, "--words");
  refused([](SynthSettings& settings) { settings.clips_per_word = 0; }, "--clips_per_word");
  refused([](SynthSettings& settings) { settings.validation_percentage = 90; }, "--validation_percentage");
  refused([](SynthSettings& settings) { settings.background_seconds = std::nan(""); }, "--background_seconds");
  refused([](SynthSettings& settings) { settings.clip_samples = 10; }, "--clip_duration_ms");
  refused([](SynthSettings& settings) { settings.sample_rate_hz = 0; }, "--sample_rate");
}

class RealEngine : public testing::TestWithParam<int> {};

TEST_P(RealEngine, VoicesDifferAndObeySpeedAndPitch) {
  const auto engines = speech_engines();
  const SpeechEngine& engine = *engines.at(static_cast<std::size_t>(GetParam()));
  if (!engine.is_available()) GTEST_SKIP() << engine.package() << " is not installed";
  const TemporaryFolder temporary;
  const fs::path scratch = temporary.path() / "spoken.wav";
  const std::vector<Voice> voices = engine.voices();
  ASSERT_GE(voices.size(), 4u);
  EXPECT_FALSE(engine.version().empty());
  std::set<std::string> ids;
  for (const Voice& voice : voices) EXPECT_TRUE(ids.insert(voice.id).second) << voice.id;

  auto spoken = [&](const Voice& voice, double speed, double pitch) {
    const auto audio = engine.speak(voice, {"computer", speed, pitch}, 16000, scratch);
    EXPECT_TRUE(audio.has_value()) << voice.id;
    return audio ? audio->samples : std::vector<float>();
  };
  std::set<std::vector<float>> sounds;
  const std::size_t step = std::max<std::size_t>(1, voices.size() / 8);
  std::size_t heard = 0;
  for (std::size_t at = 0; at < voices.size(); at += step, ++heard) sounds.insert(spoken(voices[at], 1, 0));
  EXPECT_EQ(sounds.size(), heard);
  const Voice& voice = voices.front();
  EXPECT_EQ(spoken(voice, 1, 0), spoken(voice, 1, 0));
  EXPECT_NE(spoken(voice, 1, -0.7), spoken(voice, 1, 0.7));
  EXPECT_GT(static_cast<double>(spoken(voice, 0.8, 0).size()), 1.2 * static_cast<double>(spoken(voice, 1.25, 0).size()));
}

INSTANTIATE_TEST_SUITE_P(All, RealEngine, testing::Values(0, 1));

}  // namespace
}  // namespace qmn
