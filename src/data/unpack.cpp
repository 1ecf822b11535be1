// SPDX-License-Identifier: Apache-2.0
#include "data/unpack.h"

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr std::size_t kBlockBytes = 1 << 16;
constexpr std::uint64_t kMebibyte = 1 << 20;

class Unpacker {
 public:
  Unpacker(const fs::path& archive, const fs::path& folder, bool is_quiet, std::uint64_t max_bytes)
      : name_(archive.string()), folder_(folder), max_bytes_(max_bytes), reader_(archive_read_new(), &archive_read_free),
        progress_("unpack, MiB of the archive", file_mebibytes(archive), is_quiet) {
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_filter_bzip2(reader_.get());
    archive_read_support_filter_xz(reader_.get());
    archive_read_support_filter_zstd(reader_.get());
    archive_read_support_format_tar(reader_.get());
    archive_read_support_format_zip(reader_.get());
    if (archive_read_open_filename(reader_.get(), archive.c_str(), kBlockBytes) != ARCHIVE_OK) fail_read();
  }

  Unpacked run() {
    archive_entry* entry = nullptr;
    for (;;) {
      const int code = archive_read_next_header(reader_.get(), &entry);
      if (code == ARCHIVE_EOF) break;
      if (code != ARCHIVE_OK) fail_read();
      take(*entry);
      progress_.update(static_cast<std::uint64_t>(archive_filter_bytes(reader_.get(), -1)) / kMebibyte);
    }
    if (unpacked_.file_count == 0) fail_data("{}: holds no files", name_);
    return unpacked_;
  }

 private:
  static std::uint64_t file_mebibytes(const fs::path& path) {
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(path, error);
    return error ? 0 : (bytes + kMebibyte - 1) / kMebibyte;
  }

  [[noreturn]] void fail_read() const {
    const char* text = archive_error_string(reader_.get());
    fail_data("{}: cannot be unpacked: {}", name_, printable(text != nullptr ? text : "no archive"));
  }
  [[noreturn]] void fail_entry(const std::string& entry, const std::string& what) const { fail_data("{}: entry '{}' {}", name_, printable(entry), what); }
  [[noreturn]] void fail_write(const fs::path& path) const {
    fail_data("{}: cannot write: {}", path.string(), errno == ENOSPC || errno == EDQUOT ? "the disk is full; free some space and run it again" : std::strerror(errno));
  }

  /// A path of the archive as one below the folder, "." and empty parts left out.
  fs::path inside(const std::string& entry, const char* text) const {
    if (text == nullptr || *text == '\0') fail_entry(entry, "has no name that can be read");
    fs::path path;
    if (fs::path(text).is_absolute()) fail_entry(entry, fmt::format("has the absolute path {}", printable(text)));
    for (const fs::path& part : fs::path(text)) {
      if (part == "..") fail_entry(entry, fmt::format("leaves the folder by '..' ({})", printable(text)));
      if (!part.empty() && part != ".") path /= part;
    }
    return path;
  }

  /// Makes the folders down to `path`; none of them may be a link or a file.
  void make_folders(const std::string& entry, const fs::path& path) const {
    fs::path at = folder_;
    for (const fs::path& part : path) {
      at /= part;
      std::error_code error;
      const fs::file_status status = fs::symlink_status(at, error);
      if (fs::is_directory(status)) continue;
      if (fs::exists(status)) fail_entry(entry, fmt::format("lies below {}, which is no folder", printable(part.string())));
      if (::mkdir(at.c_str(), 0755) != 0) fail_write(at);
    }
  }

  void take(archive_entry& entry) {
    const char* text = archive_entry_pathname(&entry);
    const std::string name = text != nullptr ? text : "";
    const fs::path path = inside(name, text);
    if (const char* target = archive_entry_hardlink(&entry); target != nullptr) {
      make_folders(name, path.parent_path());
      link(name, inside(name, target), path);
      return;
    }
    switch (archive_entry_filetype(&entry)) {
      case AE_IFDIR: make_folders(name, path); return;
      case AE_IFREG:
        if (path.empty()) fail_entry(name, "has no name that can be read");
        make_folders(name, path.parent_path());
        write(name, folder_ / path);
        return;
      case AE_IFLNK:
        make_folders(name, path.parent_path());
        symlink(name, archive_entry_symlink(&entry), path);
        return;
      default: fail_entry(name, "is a device or another special file");
    }
  }

  /// The file that is linked to must have come before it, as a file.
  void link(const std::string& name, const fs::path& target, const fs::path& path) {
    make_folders(name, target.parent_path());
    std::error_code error;
    if (!fs::is_regular_file(fs::symlink_status(folder_ / target, error))) fail_entry(name, fmt::format("links to {}, which is no file before it", printable(target.string())));
    if (::link((folder_ / target).c_str(), (folder_ / path).c_str()) != 0) fail_entry(name, std::strerror(errno));
    ++unpacked_.file_count;
  }

  /// ".." may only lead: behind a name, which may be a link, it would be taken from where that leads. What stands before is made of real folders.
  void symlink(const std::string& name, const char* text, const fs::path& path) const {
    const fs::path target = text != nullptr ? text : "";
    const fs::path reached = (path.parent_path() / target).lexically_normal();
    bool leads_up_late = false, has_name = false;
    for (const fs::path& part : target) {
      leads_up_late = leads_up_late || (part == ".." && has_name);
      has_name = has_name || (part != ".." && part != ".");
    }
    if (target.empty() || target.is_absolute() || leads_up_late || (!reached.empty() && *reached.begin() == "..")) {
      fail_entry(name, fmt::format("is a link out of the folder, to {}", printable(target.string())));
    }
    if (::symlink(target.c_str(), (folder_ / path).c_str()) != 0) fail_entry(name, std::strerror(errno));
  }

  void write(const std::string& name, const fs::path& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST) fail_entry(name, "comes twice");
    if (fd < 0) fail_write(path);
    const std::unique_ptr<const int, void (*)(const int*)> closes(&fd, [](const int* open) { ::close(*open); });
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int code = archive_read_data_block(reader_.get(), &block, &size, &offset);
      if (code == ARCHIVE_EOF) break;
      if (code != ARCHIVE_OK) fail_read();
      unpacked_.size_bytes += size;
      if (static_cast<std::uint64_t>(offset) + size > max_bytes_ || unpacked_.size_bytes > max_bytes_) fail_data("{}: unpacks to more than {} bytes", name_, max_bytes_);
      for (std::size_t done = 0; done < size;) {
        const ssize_t put = ::pwrite(fd, static_cast<const char*>(block) + done, size - done, static_cast<off_t>(offset) + static_cast<off_t>(done));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) fail_write(path);
        done += static_cast<std::size_t>(put);
      }
    }
    ++unpacked_.file_count;
  }

  std::string name_;
  const fs::path& folder_;
  std::uint64_t max_bytes_;
  std::unique_ptr<archive, decltype(&archive_read_free)> reader_;
  Progress progress_;
  Unpacked unpacked_;
};

}  // namespace

Unpacked unpack(const fs::path& archive, const fs::path& folder, bool is_quiet, std::uint64_t max_bytes) { return Unpacker(archive, folder, is_quiet, max_bytes).run(); }

}  // namespace qmn
