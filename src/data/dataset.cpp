// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "data/scan.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace qmn {
namespace {

void check_settings(const DatasetSettings& settings) {
  if (settings.wanted_words.empty()) fail_usage("--wanted_words is empty, at least one word is needed");
  std::set<std::string> seen;
  for (const std::string& word : settings.wanted_words) {
    if (word.empty()) fail_usage("--wanted_words holds an empty word; separate words by single commas");
    if (word.front() == '_' || word.front() == '.' || word.find('/') != std::string::npos) {
      fail_usage("--wanted_words: '{}' cannot be a word: it may not begin with '_' or '.' nor hold '/'", word);
    }
    if (!seen.insert(word).second) fail_usage("--wanted_words: '{}' is given twice", word);
  }
  auto check = [](const char* flag, double value) {
    if (!(value >= 0 && value <= 100)) fail_usage("{} is {}, 0 to 100 is possible", flag, value);
  };
  check("--silence_percentage", settings.silence_percentage);
  check("--unknown_percentage", settings.unknown_percentage);
}

/// The words that exist, for a message: at most a line's worth.
std::string existing_words(const DatasetScan& scan) {
  constexpr std::size_t kShown = 40;
  std::string text;
  std::size_t count = 0;
  for (const auto& [word, clips] : scan.words) {
    if (count++ == kShown) return text + fmt::format(" and {} more", scan.words.size() - kShown);
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

/// Every clip has a rank of its own that depends on the seed and its name alone, so the choice hardly moves when clips are added.
std::vector<Clip> choose_unknown(const std::vector<ScannedClip>& pool, std::size_t count, std::uint64_t seed) {
  std::vector<std::pair<std::uint64_t, std::size_t>> ranked;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    const std::uint64_t name_hash = std::stoull(sha1_hex(pool[i].relative_name).substr(0, 16), nullptr, 16);
    ranked.emplace_back(Random({seed, name_hash}).next(), i);
  }
  std::sort(ranked.begin(), ranked.end());
  ranked.resize(std::min(count, ranked.size()));
  std::vector<std::size_t> chosen;
  for (const auto& [rank, index] : ranked) chosen.push_back(index);
  std::sort(chosen.begin(), chosen.end());
  std::vector<Clip> clips;
  for (std::size_t index : chosen) clips.push_back({.path = pool[index].path, .label = kUnknownIndex, .speaker = pool[index].speaker});
  return clips;
}

std::size_t share_of(std::size_t wanted_count, double percentage) {
  return static_cast<std::size_t>(std::ceil(static_cast<double>(wanted_count) * percentage / 100.0));
}

}  // namespace

const char* split_name(Split split) {
  switch (split) {
    case Split::training: return "training";
    case Split::validation: return "validation";
    case Split::testing: return "testing";
  }
  QMN_CHECK(false, "a split is one of three");
}

const std::vector<Clip>& Dataset::clips(Split split) const {
  switch (split) {
    case Split::training: return training;
    case Split::validation: return validation;
    case Split::testing: return testing;
  }
  QMN_CHECK(false, "a split is one of three");
}

Dataset open_dataset(const DatasetSettings& settings) {
  check_settings(settings);
  const DatasetScan scan = scan_dataset(settings);

  Dataset dataset;
  dataset.settings = settings;
  dataset.background = scan.background;
  dataset.labels = {kSilenceLabel, kUnknownLabel};
  dataset.labels.insert(dataset.labels.end(), settings.wanted_words.begin(), settings.wanted_words.end());
  auto clips_of = [&dataset](Split split) -> std::vector<Clip>& {
    return split == Split::training ? dataset.training : split == Split::validation ? dataset.validation : dataset.testing;
  };

  for (std::size_t w = 0; w < settings.wanted_words.size(); ++w) {
    const std::string& word = settings.wanted_words[w];
    const auto found = scan.words.find(word);
    if (found == scan.words.end()) {
      fail_data("{}: the word '{}' has no clips; words that have: {}", settings.folder.string(), word, existing_words(scan));
    }
    bool has_training = false;
    for (const ScannedClip& clip : found->second) {
      has_training |= clip.split == Split::training;
      clips_of(clip.split).push_back({.path = clip.path, .label = kUnknownIndex + 1 + static_cast<int>(w), .speaker = clip.speaker});
    }
    if (!has_training) {
      fail_data("{}: all {} clips of the word '{}' fall into validation and testing, none is left for training; add clips of other speakers",
                settings.folder.string(), found->second.size(), word);
    }
  }

  for (Split split : {Split::training, Split::validation, Split::testing}) {
    std::vector<ScannedClip> others;
    for (const auto& [word, clips] : scan.words) {
      if (std::find(settings.wanted_words.begin(), settings.wanted_words.end(), word) != settings.wanted_words.end()) continue;
      std::copy_if(clips.begin(), clips.end(), std::back_inserter(others), [split](const ScannedClip& clip) { return clip.split == split; });
    }
    std::vector<Clip>& clips = clips_of(split);
    const std::size_t wanted_count = clips.size();
    const std::vector<Clip> unknown = choose_unknown(others, share_of(wanted_count, settings.unknown_percentage), settings.seed);
    clips.insert(clips.end(), unknown.begin(), unknown.end());
    clips.insert(clips.end(), share_of(wanted_count, settings.silence_percentage), Clip{.path = {}, .label = kSilenceIndex, .speaker = {}});
    if (split == Split::training) {
      for (const ScannedClip& clip : others) dataset.training_unknown_pool.push_back({.path = clip.path, .label = kUnknownIndex, .speaker = clip.speaker});
    }
  }
  return dataset;
}

}  // namespace qmn
