// SPDX-License-Identifier: Apache-2.0
#include "data/synth_plan.h"

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

namespace qmn {
namespace {

/// What a random draw is for: its first key after the seed.
enum Purpose : std::uint64_t { kDealVoices = 1, kDrawVoice = 2 };

/// How many of `total` voices or clips go where: at least one for each split that is asked for if there are three, and one for training.
struct Shares {
  std::size_t validation = 0, testing = 0;
  Split split_of(std::size_t position) const {
    return position < validation ? Split::validation : position < validation + testing ? Split::testing : Split::training;
  }
};

Shares share_out(std::size_t total, double validation_percentage, double testing_percentage) {
  auto part = [&](double percentage) -> std::size_t {
    if (percentage <= 0 || total < 3) return 0;
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(static_cast<double>(total) * percentage / 100)));
  };
  Shares shares{part(validation_percentage), part(testing_percentage)};
  while (total > 0 && shares.validation + shares.testing >= total)
    --(shares.validation > shares.testing ? shares.validation : shares.testing);
  return shares;
}

/// Voices of a split, by engine and timbre.
using VoiceTree = std::map<std::string, std::map<std::string, std::vector<Voice>>>;

VoiceTree tree_of(const std::vector<Voice>& voices) {
  VoiceTree tree;
  for (const Voice& voice : voices) tree[voice.engine][voice.timbre].push_back(voice);
  return tree;
}

/// How often an engine speaks: as its timbres in all splits, so that it is heard as often in each of them.
std::map<std::string, double> engine_weights(const std::array<VoiceTree, 3>& splits) {
  std::map<std::string, double> weights;
  for (const VoiceTree& tree : splits) {
    for (const auto& [engine, timbres] : tree) weights[engine] += static_cast<double>(timbres.size());
  }
  return weights;
}

const Voice& draw_voice(const VoiceTree& tree, const std::map<std::string, double>& weights, Random& random) {
  QMN_CHECK(!tree.empty(), "a split with clips has voices");
  double total = 0;
  for (const auto& [engine, timbres] : tree) total += weights.at(engine);
  double left = random.uniform(0, total);
  auto engine = tree.begin();
  for (; std::next(engine) != tree.end(); ++engine) {
    left -= weights.at(engine->first);
    if (left < 0) break;
  }
  auto timbre = engine->second.begin();
  std::advance(timbre, static_cast<std::ptrdiff_t>(random.uniform_int(engine->second.size())));
  return timbre->second[random.uniform_int(timbre->second.size())];
}

std::string speaker_of(const Voice& voice) { return sha1_hex(voice.engine + '/' + voice.id).substr(0, 8); }

}  // namespace

const std::vector<std::string>& common_words() {
  static const std::vector<std::string> words{"bed",    "bird",  "cat",   "dog",   "happy", "house",  "marvin", "sheila",
                                              "tree",   "wow",   "zero",  "one",   "two",   "three",  "four",   "five",
                                              "six",    "seven", "eight", "nine",  "water", "music",  "light",  "window",
                                              "garden", "paper", "thing", "could", "about", "bridge", "yellow", "never"};
  return words;
}

std::uint64_t text_key(const std::string& text) { return std::stoull(sha1_hex(text).substr(0, 16), nullptr, 16); }

std::string word_folder(const std::string& word) {
  std::string folder;
  for (char letter : word) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool is_allowed = byte >= 0x80 || std::isalnum(byte) != 0 || letter == ' ' || letter == '_' || letter == '-' || letter == '\'';
    if (!is_allowed)
      fail_usage("the word '{}' cannot be the name of a folder: it has the character '{}'; use letters, digits, spaces, ' and -", word,
                 letter);
    folder += letter == ' ' ? '_' : letter;
  }
  if (folder.empty() || folder.front() == '_' || folder.front() == '-')
    fail_usage("the word '{}' cannot be the name of a folder: it must begin with a letter or digit", word);
  if (folder.size() > 100)
    fail_usage("the word '{}…' cannot be the name of a folder: {} bytes, at most 100", word.substr(0, 20), folder.size());
  return folder;
}

std::vector<std::string> choose_unknown_words(const SynthSettings& settings) {
  std::map<std::string, std::string> word_of_folder;
  auto claim = [&](const std::string& word) {
    const auto [place, is_new] = word_of_folder.emplace(word_folder(word), word);
    if (!is_new) fail_usage("the words '{}' and '{}' would share the folder {}: drop one of them", place->second, word, place->first);
  };
  for (const std::string& word : settings.words) claim(word);
  std::vector<std::string> unknown = settings.unknown_words;
  if (unknown.empty()) {
    for (const std::string& word : common_words()) {
      if (!word_of_folder.contains(word)) unknown.push_back(word);
    }
  }
  for (const std::string& word : unknown) claim(word);
  return unknown;
}

VoiceSplits split_voices(const std::vector<Voice>& voices, double validation_percentage, double testing_percentage, std::uint64_t seed) {
  VoiceSplits splits;
  for (const auto& [engine, timbres] : tree_of(voices)) {
    std::vector<std::string> order;
    for (const auto& [timbre, members] : timbres) order.push_back(timbre);
    Random random{seed, kDealVoices, text_key(engine)};
    random.shuffle(order);
    const Shares shares = share_out(order.size(), validation_percentage, testing_percentage);
    for (std::size_t at = 0; at < order.size(); ++at) {
      const std::vector<Voice>& members = timbres.at(order[at]);
      auto& into = splits[static_cast<std::size_t>(shares.split_of(at))];
      into.insert(into.end(), members.begin(), members.end());
    }
  }
  return splits;
}

std::vector<PlannedClip> plan_clips(const SynthSettings& settings, const std::vector<std::string>& unknown_words,
                                    const VoiceSplits& voices) {
  const std::array<VoiceTree, 3> trees{tree_of(voices[0]), tree_of(voices[1]), tree_of(voices[2])};
  const std::map<std::string, double> weights = engine_weights(trees);
  std::vector<PlannedClip> clips;
  auto plan_word = [&](const std::string& word, int count) {
    const std::string folder = word_folder(word);
    const std::uint64_t key = text_key(folder);
    const auto total = static_cast<std::size_t>(count);
    const Shares shares = share_out(total, settings.validation_percentage, settings.testing_percentage);
    std::map<std::string, int> repetitions;  // of a speaker
    for (std::size_t index = 0; index < total; ++index) {
      PlannedClip clip;
      clip.text = word;
      std::replace(clip.text.begin(), clip.text.end(), '_', ' ');
      clip.split = shares.split_of(index);
      clip.word_key = key;
      clip.index = index;
      Random random{settings.seed, kDrawVoice, key, index};
      clip.voice = draw_voice(trees[static_cast<std::size_t>(clip.split)], weights, random);
      const std::string speaker = speaker_of(clip.voice);
      clip.file = fmt::format("{}/{}_nohash_{}.wav", folder, speaker, repetitions[speaker]++);
      clips.push_back(std::move(clip));
    }
  };
  for (const std::string& word : settings.words) plan_word(word, settings.clips_per_word);
  for (const std::string& word : unknown_words) plan_word(word, settings.clips_per_unknown_word);
  return clips;
}

}  // namespace qmn
