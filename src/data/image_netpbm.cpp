// SPDX-License-Identifier: Apache-2.0
// data/image_netpbm.cpp   P5 (gray) and P6 (color): "P6 width height maximum", one white space, the samples; # begins a comment up to the end
// of the line. (netpbm's ppm(5), pgm(5))
#include "base/error.h"
#include "data/image.h"

#include <algorithm>
#include <cctype>

namespace qmn {
namespace {

class Header {
 public:
  explicit Header(std::string_view bytes) : bytes_(bytes) {}

  /// -1 where no number stands.
  std::int64_t number() {
    constexpr std::int64_t kLargest = 1 << 30;
    while (at_ < bytes_.size() && (is(&isspace) || bytes_[at_] == '#')) {
      if (bytes_[at_] == '#') at_ = std::min(bytes_.find('\n', at_), bytes_.size() - 1);
      ++at_;
    }
    std::int64_t number = -1;
    for (; at_ < bytes_.size() && is(&isdigit) && number < kLargest; ++at_) number = std::max<std::int64_t>(number, 0) * 10 + (bytes_[at_] - '0');
    return number;
  }
  std::string_view samples() const { return bytes_.substr(std::min(at_ + 1, bytes_.size())); }

 private:
  bool is(int (*kind)(int)) const { return kind(static_cast<unsigned char>(bytes_[at_])) != 0; }

  std::string_view bytes_;
  std::size_t at_ = 2;
};

}  // namespace

Image decode_netpbm(std::string_view bytes, const std::string& name, int channels) {
  Header header(bytes);
  const std::int64_t width = header.number(), height = header.number(), maximum = header.number();
  if (maximum != 255) fail_data("{}: samples up to {} cannot be read, 255 can", name, maximum);
  Image image = make_image(height, width, channels, name);
  const std::size_t stored = bytes[1] == '6' ? 3 : 1, count = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  const std::string_view samples = header.samples();
  if (samples.size() < count * stored) fail_data("{}: truncated: {} of {} samples", name, samples.size(), count * stored);
  for (std::size_t i = 0; i < count; ++i) {
    const auto sample = [&](std::size_t c) { return static_cast<std::uint8_t>(samples[i * stored + (stored == 3 ? c : 0)]); };
    if (channels == 3) {
      for (std::size_t c = 0; c < 3; ++c) image.pixels[i * 3 + c] = sample(c);
    } else {
      image.pixels[i] = gray_of(sample(0), sample(1), sample(2));
    }
  }
  return image;
}

}  // namespace qmn
