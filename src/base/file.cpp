// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include "base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace fs = std::filesystem;

namespace qmn {
namespace {

/// Closes on scope exit.
struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string reason(int error) {
  if (error == ENOSPC || error == EDQUOT) return "the disk is full; free some space and run it again";
  return std::strerror(error);
}

}  // namespace

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) fail_data("{}: cannot open: {}", path.string(), std::strerror(errno));
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) fail_data("{}: cannot read: {}", path.string(), std::strerror(errno));
  if (S_ISDIR(status.st_mode)) fail_data("{}: is a folder, a file is needed", path.string());
  if (!S_ISREG(status.st_mode)) fail_data("{}: is no regular file", path.string());
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_bytes) fail_data("{}: {} bytes, at most {} are read", path.string(), size, max_bytes);
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.fd, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_data("{}: cannot read: {}", path.string(), std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) fail_data("{}: is a folder, cannot write a file of that name", path.string());
  const fs::path temporary = partial_beside(path);
  auto give_up = [&](int error) {
    ::unlink(temporary.c_str());
    fail_data("{}: cannot write: {}", path.string(), reason(error));
  };
  Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (file.fd < 0) fail_data("{}: cannot write: {}", path.string(), reason(errno));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::write(file.fd, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) give_up(put == 0 ? ENOSPC : errno);
    done += static_cast<std::size_t>(put);
  }
  if (::fsync(file.fd) != 0 && errno != EINVAL) give_up(errno);
  const int fd = file.fd;
  file.fd = -1;
  if (::close(fd) != 0) give_up(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) give_up(errno);
}

AtomicFolder::AtomicFolder(fs::path final_path, std::string marker) : final_(std::move(final_path)), marker_(std::move(marker)) {
  if (final_.filename().empty()) final_ = final_.parent_path();
  std::error_code error;
  if (fs::exists(final_, error)) {
    if (!fs::is_directory(final_, error)) fail_data("{}: exists and is no folder", final_.string());
    if (!fs::is_empty(final_, error) && !fs::exists(final_ / marker_, error)) {
      fail_data("{}: is not empty and was not made by qmn (it has no {}); name another folder", final_.string(), marker_);
    }
  }
  if (final_.has_parent_path()) fs::create_directories(final_.parent_path(), error);
  lock_.emplace(final_);
  temporary_ = partial_beside(final_);
  fs::remove_all(temporary_, error);
  if (!fs::create_directory(temporary_, error)) fail_data("{}: cannot create: {}", final_.string(), reason(error.value()));
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!is_committed_) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  std::error_code error;
  if (!fs::exists(final_, error)) {
    fs::rename(temporary_, final_, error);
  } else if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, final_.c_str(), RENAME_EXCHANGE) == 0) {
    // At no moment does neither of them stand there; the older one goes with the temporary.
    fs::remove_all(temporary_, error);
    error.clear();
  } else {  // a file system that cannot exchange
    fs::remove_all(final_, error);
    if (!error) fs::rename(temporary_, final_, error);
  }
  if (error) fail_data("{}: cannot put in place: {}", final_.string(), reason(error.value()));
  is_committed_ = true;
}

}  // namespace qmn
