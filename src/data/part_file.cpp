// SPDX-License-Identifier: Apache-2.0
#include "data/part_file.h"

#include "base/error.h"
#include "base/file.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr std::uint64_t kMaxNoteBytes = 1 << 16;

[[noreturn]] void fail_write(const fs::path& path) {
  fail_data("{}: cannot write: {}", path.string(), errno == ENOSPC || errno == EDQUOT ? "the disk is full; free some space and run it again" : std::strerror(errno));
}

}  // namespace

PartFile::PartFile(fs::path final_path) : final_(std::move(final_path)), path_(final_.string() + ".part") {
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) fail_write(path_);
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd_);
    fail_data("{}: another qmn is downloading to it; wait for its end", path_.string());
  }
  size_bytes_ = static_cast<std::uint64_t>(::lseek(fd_, 0, SEEK_END));
  std::error_code ignored;
  if (size_bytes_ > 0 && fs::exists(note_path(), ignored)) {
    const nlohmann::json note = nlohmann::json::parse(read_file(note_path(), kMaxNoteBytes), nullptr, false);
    if (note.is_object() && note.contains("url") && note["url"].is_string()) url_ = note["url"];
    if (note.is_object() && note.contains("validator") && note["validator"].is_string()) validator_ = note["validator"];
  }
}

PartFile::~PartFile() {
  if (fd_ >= 0) ::close(fd_);
}

fs::path PartFile::note_path() const { return path_.string() + ".json"; }

void PartFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) fail_write(path_);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    size_bytes_ += static_cast<std::uint64_t>(put);
  }
}

void PartFile::restart() {
  if (::ftruncate(fd_, 0) != 0) fail_write(path_);
  size_bytes_ = 0;
  url_.clear();
  validator_.clear();
}

void PartFile::remember(const std::string& url, const std::string& validator) {
  if (url == url_ && validator == validator_) return;
  url_ = url;
  validator_ = validator;
  write_file_atomic(note_path(), nlohmann::json{{"url", url}, {"validator", validator}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void PartFile::commit() {
  if (::fsync(fd_) != 0 && errno != EINVAL) fail_write(path_);
  std::error_code error;
  fs::rename(path_, final_, error);
  if (error) fail_data("{}: cannot put in place: {}", final_.string(), error.message());
  fs::remove(note_path(), error);
}

void PartFile::discard() {
  std::error_code ignored;
  fs::remove(path_, ignored);
  fs::remove(note_path(), ignored);
}

}  // namespace qmn
