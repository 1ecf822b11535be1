// SPDX-License-Identifier: Apache-2.0
// A cache file: magic, key, count and values of each list, SHA-256 of all that. Numbers in the byte order of the host.
#include "data/feature_cache.h"

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr std::string_view kMagic = "qmn features 1\n";
constexpr std::size_t kDigestSize = 64;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 34;
constexpr const char* kPrefix = "features-";

fs::path entry_path(const fs::path& folder, const std::string& key) { return folder / (kPrefix + key + ".bin"); }

class Writer {
 public:
  template <class Value>
  void list(const std::vector<Value>& values) {
    static_assert(std::is_trivially_copyable_v<Value>);
    count(values.size());
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
  }
  void text(const std::string& value) {
    count(value.size());
    bytes += value;
  }
  void count(std::uint64_t value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); }
  std::string bytes;
};

/// Every read says whether the bytes were there.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool count(std::uint64_t& value) {
    if (rest_.size() < sizeof value) return false;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return true;
  }
  template <class Container>
  bool list(Container& values) {
    using Value = typename Container::value_type;
    std::uint64_t size = 0;
    if (!count(size) || size > rest_.size() / sizeof(Value)) return false;
    values.resize(size);
    if (size > 0) std::memcpy(values.data(), rest_.data(), size * sizeof(Value));
    rest_.remove_prefix(size * sizeof(Value));
    return true;
  }
  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<CachedFeatures> parse(std::string_view bytes, const std::string& key) {
  if (bytes.size() < kDigestSize) return std::nullopt;
  const std::string_view body = bytes.substr(0, bytes.size() - kDigestSize);
  if (sha256_hex(body) != bytes.substr(body.size())) return std::nullopt;
  Reader reader(body);
  if (!reader.skip(kMagic) || !reader.skip(key)) return std::nullopt;
  CachedFeatures found;
  std::uint64_t outcome_count = 0;
  if (!reader.count(outcome_count)) return std::nullopt;
  for (std::uint64_t i = 0; i < outcome_count; ++i) {
    FileOutcome outcome;
    std::uint64_t resampled = 0, downmixed = 0;
    if (!reader.count(resampled) || !reader.count(downmixed) || !reader.list(outcome.error)) return std::nullopt;
    outcome.was_resampled = resampled != 0;
    outcome.was_downmixed = downmixed != 0;
    found.outcomes.push_back(std::move(outcome));
  }
  if (!reader.list(found.features) || !reader.list(found.silent_frames) || !reader.is_at_end()) return std::nullopt;
  return found;
}

/// Removes the entries that were used longest ago until the rest fits.
void prune(const fs::path& folder) {
  struct Entry {
    fs::file_time_type used;
    fs::path path;
    std::uintmax_t size_bytes;
  };
  std::error_code error;
  std::vector<Entry> entries;
  std::uintmax_t total = 0;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    const Entry entry{it->last_write_time(gone), it->path(), it->file_size(gone)};
    if (gone || !entry.path.filename().string().starts_with(kPrefix)) continue;
    total += entry.size_bytes;
    entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total <= kCacheLimitBytes) break;
    if (fs::remove(entry.path, error)) total -= entry.size_bytes;
  }
}

}  // namespace

std::optional<fs::path> cache_folder() {
  auto variable = [](const char* name) -> std::optional<fs::path> {
    const char* value = std::getenv(name);
    if (!value || !*value) return std::nullopt;
    return fs::path(value);
  };
  if (auto folder = variable("QMN_CACHE_DIR")) return folder;
  if (auto folder = variable("XDG_CACHE_HOME")) return *folder / "qmn";
  if (auto folder = variable("HOME")) return *folder / ".cache" / "qmn";
  return std::nullopt;
}

std::optional<CachedFeatures> find_cached(const std::string& key) {
  const auto folder = cache_folder();
  if (!folder) return std::nullopt;
  const fs::path path = entry_path(*folder, key);
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  try {
    auto found = parse(read_file(path, kMaxFileBytes), key);
    if (found) fs::last_write_time(path, fs::file_time_type::clock::now(), error);
    return found;
  } catch (const Error&) {
    return std::nullopt;  // unreadable: the features are computed anew
  }
}

void store_cached(const std::string& key, const CachedFeatures& features) {
  const auto folder = cache_folder();
  if (!folder) return;
  Writer writer;
  writer.bytes += kMagic;
  writer.bytes += key;
  writer.count(features.outcomes.size());
  for (const FileOutcome& outcome : features.outcomes) {
    writer.count(outcome.was_resampled ? 1 : 0);
    writer.count(outcome.was_downmixed ? 1 : 0);
    writer.text(outcome.error);
  }
  writer.list(features.features);
  writer.list(features.silent_frames);
  writer.bytes += sha256_hex(writer.bytes);
  try {
    std::error_code error;
    fs::create_directories(*folder, error);
    write_file_atomic(entry_path(*folder, key), writer.bytes);
    prune(*folder);
  } catch (const Error& error) {
    static std::atomic<bool> has_told{false};
    if (!has_told.exchange(true)) fmt::print(stderr, "note: features are not kept for the next run: {}; QMN_CACHE_DIR names another folder\n", error.what());
  }
}

}  // namespace qmn
