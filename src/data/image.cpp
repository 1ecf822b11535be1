// SPDX-License-Identifier: Apache-2.0
#include "data/image.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

/// Two neighbors along one axis, and the share of the second.
struct Blend {
  std::size_t first, second;
  double share;
};

Blend blend(int at, int from, int to) {
  const double place = std::clamp((at + 0.5) * from / to - 0.5, 0.0, from - 1.0);
  const auto first = static_cast<std::size_t>(place);
  return {first, std::min(first + 1, static_cast<std::size_t>(from) - 1), place - static_cast<double>(first)};
}

}  // namespace

Image make_image(std::int64_t height, std::int64_t width, int channels, const std::string& name) {
  constexpr std::int64_t kMaxPixels = std::int64_t{1} << 26;
  if (height < 1 || width < 1 || height > kMaxPixels || width > kMaxPixels || height * width > kMaxPixels) fail_data("{}: a picture of {} x {} pixels (at most {} together)", name, width, height, kMaxPixels);
  Image image{static_cast<int>(height), static_cast<int>(width), channels, {}};
  image.pixels.resize(static_cast<std::size_t>(height * width * channels));
  return image;
}

std::uint8_t gray_of(std::uint8_t red, std::uint8_t green, std::uint8_t blue) { return static_cast<std::uint8_t>(std::lround(0.299 * red + 0.587 * green + 0.114 * blue)); }

Image decode_image(std::string_view bytes, const std::string& name, int channels) {
  if (channels != 1 && channels != 3) fail_data("{}: a picture, but the net takes {} channels: 1 (gray) and 3 (color) are possible", name, channels);
  if (bytes.starts_with("\x89PNG")) return decode_png(bytes, name, channels);
  if (bytes.starts_with("\xff\xd8")) return decode_jpeg(bytes, name, channels);
  if (bytes.starts_with("P5") || bytes.starts_with("P6")) return decode_netpbm(bytes, name, channels);
  fail_data("{}: no PNG, JPEG, PPM (P6) or PGM (P5) picture", name);
}

std::vector<float> resize_image(const Image& image, int height, int width) {
  const auto channels = static_cast<std::size_t>(image.channels), stride = static_cast<std::size_t>(image.width) * channels;
  std::vector<float> out;
  out.reserve(channels * static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
  for (std::size_t c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      const Blend rows = blend(y, image.height, height);
      for (int x = 0; x < width; ++x) {
        const Blend columns = blend(x, image.width, width);
        const auto row = [&](std::size_t r) {
          const std::uint8_t* pixels = image.pixels.data() + r * stride + c;
          return pixels[columns.first * channels] * (1 - columns.share) + pixels[columns.second * channels] * columns.share;
        };
        out.push_back(static_cast<float>(row(rows.first) * (1 - rows.share) + row(rows.second) * rows.share));
      }
    }
  }
  return out;
}

}  // namespace qmn
