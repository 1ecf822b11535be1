// SPDX-License-Identifier: Apache-2.0
// quantize/score_book.h   What a search has measured so far, kept in a file beside the output so that a killed search can go on.
//
// Searches are deterministic: with the same model, clips and settings they ask for the same scores in the same order. So nothing of a
// search needs to be stored but its answers; a repeated search takes them from the book at no cost until it comes to the first that is
// missing, and ends where the uninterrupted one would have ended. The file is replaced atomically now and then, and removed at the end.
#pragma once

#include "quantize/quantize.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace qmn {

/// Of everything that a score depends on.
std::string search_fingerprint(const Model& model, const FeatureSet& calibration, const QuantizeSettings& settings);

class ScoreBook {
 public:
  ScoreBook() = default;  ///< in memory alone
  /// Takes up what `path` holds when it was written for the same `fingerprint` (of model, clips, settings). A file of another search, or a
  /// damaged one, is left out of account and replaced: notice() says so in one line.
  ScoreBook(std::filesystem::path path, std::string fingerprint);

  /// nullopt: not measured. An entry that was abandoned has no score.
  struct Entry {
    std::optional<CalibrationScore> score;
  };
  const Entry* find(const std::string& key) const;
  void add(const std::string& key, Entry entry);

  std::size_t taken_up() const { return taken_up_; }  ///< entries found in the file
  const std::string& notice() const { return notice_; }
  void save();    ///< now
  void remove();  ///< the file; the search is done

 private:
  std::filesystem::path path_;
  std::string fingerprint_, notice_;
  std::map<std::string, Entry> entries_;
  std::size_t taken_up_ = 0;
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

}  // namespace qmn
