// SPDX-License-Identifier: Apache-2.0
#include "base/output_lock.h"

#include "base/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr const char* kPartial = ".partial";

/// "folder/" is called "folder".
fs::path without_slash(const fs::path& path) { return path.filename().empty() ? path.parent_path() : path; }

std::string hidden_prefix(const fs::path& output) { return fmt::format(".{}.", output.filename().string()); }

/// ".NAME.123.partial" of this output: digits in the middle.
bool is_partial(const std::string& name, const std::string& prefix) {
  if (!name.starts_with(prefix) || !name.ends_with(kPartial)) return false;
  const std::string middle = name.substr(prefix.size(), name.size() - prefix.size() - std::string(kPartial).size());
  return !middle.empty() && middle.find_first_not_of("0123456789") == std::string::npos;
}

void sweep(const fs::path& output) {
  const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
  const std::string prefix = hidden_prefix(output);
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (is_partial(it->path().filename().string(), prefix)) fs::remove_all(it->path(), ignored);
  }
}

}  // namespace

fs::path partial_beside(const fs::path& output) {
  const fs::path path = without_slash(output);
  return path.parent_path() / fmt::format("{}{}{}", hidden_prefix(path), ::getpid(), kPartial);
}

OutputLock::OutputLock(const fs::path& output) {
  const fs::path path = without_slash(output);
  path_ = path.parent_path() / (hidden_prefix(path) + "lock");
  while (true) {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) return;
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      const bool is_held = errno == EWOULDBLOCK;
      ::close(fd_);
      fd_ = -1;
      if (is_held) fail_data("{}: another qmn is making it; wait for its end, or name another output", path.string());
      return;
    }
    // A holder removes the file before it lets go: what was locked must still be what stands there.
    struct stat held {}, standing {};
    if (::fstat(fd_, &held) == 0 && ::stat(path_.c_str(), &standing) == 0 && held.st_ino == standing.st_ino) break;
    ::close(fd_);
  }
  sweep(path);
}

OutputLock::~OutputLock() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  ::close(fd_);
}

}  // namespace qmn
