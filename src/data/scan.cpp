// SPDX-License-Identifier: Apache-2.0
#include "data/scan.h"

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <system_error>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr const char* kBackgroundFolder = "_background_noise_";
constexpr const char* kValidationList = "validation_list.txt";
constexpr const char* kTestingList = "testing_list.txt";
constexpr std::string_view kSpeakerEnd = "_nohash_";

/// The published rule counts in this many steps (2^27).
constexpr std::uint64_t kHashSteps = std::uint64_t{1} << 27;

std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) entries.push_back(*it);
  if (error) fail_data("{}: cannot read the folder: {}", folder.string(), error.message());
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.path().filename().native() < b.path().filename().native(); });
  return entries;
}

bool is_wav(const fs::directory_entry& entry) {
  std::string extension = entry.path().extension().string();
  for (char& letter : extension) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  std::error_code ignored;
  return extension == ".wav" && entry.path().filename().native().front() != '.' && entry.is_regular_file(ignored);
}

void check_percentages(const DatasetSettings& settings) {
  auto check = [](const char* flag, double value) {
    if (!(value >= 0 && value <= 100)) fail_usage("{} is {}, 0 to 100 is possible", flag, value);
  };
  check("--validation_percentage", settings.validation_percentage);
  check("--testing_percentage", settings.testing_percentage);
  if (settings.validation_percentage + settings.testing_percentage >= 100) {
    fail_usage("--validation_percentage {} and --testing_percentage {} leave nothing to train on; their sum must be below 100",
               settings.validation_percentage, settings.testing_percentage);
  }
}

}  // namespace

void add_split_list(std::string_view text, const std::string& name, Split split, SplitLists& lists) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string clip(text.substr(begin, end - begin));
    begin = end + 1;
    while (!clip.empty() && std::isspace(static_cast<unsigned char>(clip.back()))) clip.pop_back();
    std::replace(clip.begin(), clip.end(), '\\', '/');
    if (clip.starts_with("./")) clip.erase(0, 2);
    if (clip.empty()) continue;
    const auto [place, is_new] = lists.emplace(clip, split);
    if (!is_new && place->second != split) {
      fail_data("{}: {} stands in {} too; a clip belongs to one split", name, printable(clip), split == Split::testing ? kValidationList : kTestingList);
    }
  }
}

std::string speaker_of(std::string_view file_name) {
  const std::size_t end = file_name.find(kSpeakerEnd);
  if (end != std::string_view::npos) return std::string(file_name.substr(0, end));
  return fs::path(file_name).stem().string();
}

Split split_by_hash(std::string_view file_name, double validation_percentage, double testing_percentage) {
  // The rule hashes the whole name, extension included, where "_nohash_" is missing.
  const std::string digest = sha1_hex(file_name.substr(0, file_name.find(kSpeakerEnd)));
  const std::uint64_t tail = std::stoull(digest.substr(digest.size() - 8), nullptr, 16);
  const double percentage = static_cast<double>(tail % kHashSteps) * (100.0 / static_cast<double>(kHashSteps - 1));
  if (percentage < validation_percentage) return Split::validation;
  if (percentage < testing_percentage + validation_percentage) return Split::testing;
  return Split::training;
}

DatasetScan scan_dataset(const DatasetSettings& settings) {
  check_percentages(settings);
  const fs::path& folder = settings.folder;
  std::error_code error;
  if (!fs::exists(folder, error)) fail_data("{}: no such folder; name a data set with --data", folder.string());
  if (!fs::is_directory(folder, error)) fail_data("{}: is no folder; a data set is a folder with a folder of WAV files a word", folder.string());

  DatasetScan scan;
  SplitLists lists;
  const bool has_validation = fs::exists(folder / kValidationList, error), has_testing = fs::exists(folder / kTestingList, error);
  if (has_validation != has_testing) {
    fail_data("{}: has {} but no {}; give both, or none for the SHA-1 rule", folder.string(), has_validation ? kValidationList : kTestingList,
              has_validation ? kTestingList : kValidationList);
  }
  scan.has_split_lists = has_validation;
  if (scan.has_split_lists) {
    add_split_list(read_file(folder / kValidationList), (folder / kValidationList).string(), Split::validation, lists);
    add_split_list(read_file(folder / kTestingList), (folder / kTestingList).string(), Split::testing, lists);
  }

  for (const fs::directory_entry& entry : entries_of(folder)) {
    std::error_code ignored;
    if (!entry.is_directory(ignored)) continue;
    const std::string word = entry.path().filename().string();
    const bool is_background = word == kBackgroundFolder;
    if (!is_background && (word.front() == '_' || word.front() == '.')) continue;
    std::vector<ScannedClip> clips;
    for (const fs::directory_entry& file : entries_of(entry.path())) {
      if (!is_wav(file)) continue;
      if (is_background) {
        scan.background.push_back(file.path());
        continue;
      }
      const std::string name = file.path().filename().string();
      ScannedClip clip{.path = file.path(), .relative_name = word + "/" + name, .speaker = speaker_of(name)};
      if (scan.has_split_lists) {
        const auto found = lists.find(clip.relative_name);
        clip.split = found == lists.end() ? Split::training : found->second;
      } else {
        clip.split = split_by_hash(name, settings.validation_percentage, settings.testing_percentage);
      }
      clips.push_back(std::move(clip));
    }
    if (!clips.empty()) scan.words.emplace(word, std::move(clips));
  }
  if (scan.words.empty()) {
    fail_data("{}: holds no clips; a data set is a folder a word with WAV files in it, such as yes/0a7c2a8d_nohash_0.wav", folder.string());
  }
  return scan;
}

}  // namespace qmn
