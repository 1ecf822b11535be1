// SPDX-License-Identifier: Apache-2.0
// data/zip.cpp   End record → central directory → local headers (PKWARE APPNOTE 4.3); ZIP64 only as far as np.savez needs it: sizes in the
// central directory are 32 bits there too for members below 4 GB.
#include "data/zip.h"

#include "base/error.h"
#include "base/text.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>

namespace qmn {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 31;

class Archive {
 public:
  Archive(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::vector<std::pair<std::string, std::string>> members() {
    constexpr std::size_t kEndBytes = 22;
    const std::size_t end = bytes_.rfind(std::string_view("PK\x05\x06", 4));
    if (end == std::string_view::npos || bytes_.size() - end < kEndBytes) broken();
    const std::uint64_t count = number(end + 10, 2);
    std::uint64_t at = number(end + 16, 4);
    std::vector<std::pair<std::string, std::string>> out;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (number(at, 4) != 0x02014b50) broken();
      const std::uint64_t flags = number(at + 8, 2), method = number(at + 10, 2), packed = number(at + 20, 4), size = number(at + 24, 4);
      const std::uint64_t name_length = number(at + 28, 2), local = number(at + 42, 4);
      const std::string member(slice(at + 46, name_length));
      if ((flags & 1) != 0) fail_data("{}: the member {} is encrypted", name_, printable(member));
      total_ += size;
      if (total_ > kMaxBytes) fail_data("{}: more than {} bytes unpacked", name_, kMaxBytes);
      const std::uint64_t data = local + 30 + number(local + 26, 2) + number(local + 28, 2);
      out.emplace_back(member, unpack(slice(data, packed), method, size, member));
      at += 46 + name_length + number(at + 30, 2) + number(at + 32, 2);
    }
    return out;
  }

 private:
  [[noreturn]] void broken() const { fail_data("{}: truncated or no ZIP archive", name_); }

  std::string_view slice(std::uint64_t at, std::uint64_t length) const {
    if (at > bytes_.size() || length > bytes_.size() - at) broken();
    return bytes_.substr(at, length);
  }

  std::uint64_t number(std::uint64_t at, std::size_t length) const {
    const std::string_view bytes = slice(at, length);
    std::uint64_t out = 0;
    for (std::size_t i = length; i-- > 0;) out = out << 8 | static_cast<unsigned char>(bytes[i]);
    return out;
  }

  std::string unpack(std::string_view packed, std::uint64_t method, std::uint64_t size, const std::string& member) const {
    constexpr std::uint64_t kStored = 0, kDeflated = 8;
    if (method == kStored && packed.size() == size) return std::string(packed);
    if (method != kDeflated) fail_data("{}: the member {} is packed by method {}: stored and deflated ones can be read", name_, printable(member), method);
    std::string out;
    std::string block(1 << 16, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) fail_data("{}: no memory to unpack {}", name_, printable(member));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    int state = Z_OK;
    while (state == Z_OK && out.size() <= size) {
      stream.next_out = reinterpret_cast<Bytef*>(block.data());
      stream.avail_out = static_cast<uInt>(block.size());
      state = inflate(&stream, Z_NO_FLUSH);
      out.append(block, 0, block.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (state != Z_STREAM_END || out.size() != size) fail_data("{}: the member {} is damaged", name_, printable(member));
    return out;
  }

  std::string_view bytes_;
  const std::string& name_;
  std::uint64_t total_ = 0;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> unzip(std::string_view bytes, const std::string& name) { return Archive(bytes, name).members(); }

}  // namespace qmn
