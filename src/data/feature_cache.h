// SPDX-License-Identifier: Apache-2.0
// data/feature_cache.h   Features kept on disk, in $QMN_CACHE_DIR, else $XDG_CACHE_HOME/qmn, else ~/.cache/qmn.
//
// The name of a file is the SHA-256 of all that its content depends on, so an entry is never out of date. A damaged entry is as good as
// none, and a folder that cannot be written costs time, never the run. The oldest entries go when all of them exceed kCacheLimitBytes.
#pragma once

#include "data/clip_files.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

inline constexpr std::uintmax_t kCacheLimitBytes = std::uintmax_t{4} << 30;

struct CachedFeatures {
  std::vector<FileOutcome> outcomes;  ///< without their paths
  std::vector<float> features;
  std::vector<std::uint8_t> silent_frames;
  std::vector<std::int16_t> samples{};  ///< [row][clip_samples], where they were asked for; never on disk
};

/// Nothing when no variable names a folder.
std::optional<std::filesystem::path> cache_folder();

/// `key`: 64 hex digits.
std::optional<CachedFeatures> find_cached(const std::string& key);
void store_cached(const std::string& key, const CachedFeatures& features);

}  // namespace qmn
