// SPDX-License-Identifier: Apache-2.0
// data/image.h   Pictures: PNG (libpng), JPEG (libjpeg), PPM and PGM. Untrusted bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qmn {

struct Image {
  int height = 0, width = 0, channels = 0;  ///< channels: 1 (gray) or 3 (red, green, blue)
  std::vector<std::uint8_t> pixels;         ///< [height][width][channels]
};

/// As gray or as color, whatever the file holds; what is transparent lies over black. Error (data) naming the file: no picture of these kinds,
/// damaged, more than 2^26 pixels; a net that takes neither 1 nor 3 channels.
Image decode_image(std::string_view bytes, const std::string& name, int channels);

/// One decoder each. Pre: channels is 1 or 3.
Image decode_png(std::string_view bytes, const std::string& name, int channels);
Image decode_jpeg(std::string_view bytes, const std::string& name, int channels);
Image decode_netpbm(std::string_view bytes, const std::string& name, int channels);

/// ITU-R BT.601, as libjpeg does it: gray stays what it is.
std::uint8_t gray_of(std::uint8_t red, std::uint8_t green, std::uint8_t blue);

/// Room for the pixels. Error (data), naming the file, when there are none or too many.
Image make_image(std::int64_t height, std::int64_t width, int channels, const std::string& name);

/// [channels][height][width] of another size, by bilinear interpolation between the centers of pixels (half-pixel centers, edges repeated), as
/// TensorFlow's and PyTorch's resize without antialiasing do. The picture's own size gives its very numbers.
std::vector<float> resize_image(const Image& image, int height, int width);

}  // namespace qmn
