// SPDX-License-Identifier: Apache-2.0
// quantize/score_book.cpp   The file: "qmn search 1 FINGERPRINT", then a line an entry, "KEY KL CROSS_ENTROPY ACCURACY" or "KEY -", numbers as
// hexadecimal floats, then "end COUNT".
#include "quantize/score_book.h"

#include "base/file.h"
#include "base/hash.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <sstream>

namespace qmn {
namespace {

constexpr std::chrono::seconds kSaveInterval{2};
constexpr const char* kMagic = "qmn search 1 ";

std::optional<std::map<std::string, ScoreBook::Entry>> parse(const std::string& text, const std::string& fingerprint) {
  std::istringstream lines(text);
  std::string line;
  if (!std::getline(lines, line) || line != kMagic + fingerprint) return std::nullopt;
  std::map<std::string, ScoreBook::Entry> entries;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string key, kl, cross_entropy, accuracy;
    words >> key >> kl >> cross_entropy >> accuracy;
    if (key == "end") return kl == std::to_string(entries.size()) ? std::optional(entries) : std::nullopt;
    const auto number = [](const std::string& word) { return std::strtod(word.c_str(), nullptr); };
    if (kl == "-") entries[key] = {};
    else entries[key] = {CalibrationScore{.kl = number(kl), .accuracy = number(accuracy), .cross_entropy = number(cross_entropy)}};
  }
  return std::nullopt;
}

}  // namespace

std::string search_fingerprint(const Model& model, const FeatureSet& calibration, const QuantizeSettings& settings) {
  std::string text = fmt::format("{} {} {} {} {} {} {}", settings.bias_bits, settings.keeps_silent_frames, objective_name(settings.objective), calibration.row_count(),
                                 fmt::join(settings.act_max, ","), fmt::join(settings.wide_activations, ","), fmt::join(calibration.labels, ","));
  const auto append = [&](const std::vector<float>& reals) { text.append(reinterpret_cast<const char*>(reals.data()), reals.size() * sizeof(float)); };
  append(calibration.features);
  for (const auto& [id, tensor] : model.graph.initializers) append(tensor.data);
  return sha256_hex(text);
}

ScoreBook::ScoreBook(std::filesystem::path path, std::string fingerprint) : path_(std::move(path)), fingerprint_(std::move(fingerprint)) {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) return;
  if (auto entries = parse(read_file(path_), fingerprint_)) {
    entries_ = std::move(*entries);
    taken_up_ = entries_.size();
    notice_ = fmt::format("{}: the search that was interrupted goes on ({} formats already measured)", path_.string(), taken_up_);
  } else {
    notice_ = fmt::format("{}: the state of a search with another model, data or settings, or a damaged one: the search begins anew", path_.string());
  }
}

const ScoreBook::Entry* ScoreBook::find(const std::string& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void ScoreBook::add(const std::string& key, Entry entry) {
  entries_[key] = entry;
  if (std::chrono::steady_clock::now() - saved_ >= kSaveInterval) save();
}

void ScoreBook::save() {
  saved_ = std::chrono::steady_clock::now();
  if (path_.empty()) return;
  std::string text = kMagic + fingerprint_ + "\n";
  for (const auto& [key, entry] : entries_) {
    text += entry.score ? fmt::format("{} {:a} {:a} {:a}\n", key, entry.score->kl, entry.score->cross_entropy, entry.score->accuracy) : key + " -\n";
  }
  write_file_atomic(path_, text + fmt::format("end {}\n", entries_.size()));
}

void ScoreBook::remove() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

}  // namespace qmn
