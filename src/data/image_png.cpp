// SPDX-License-Identifier: Apache-2.0
// data/image_png.cpp   By libpng's simplified interface: 8 bits a channel of sRGB, whatever the file holds.
#include "base/error.h"
#include "data/image.h"

#include <png.h>

#include <memory>

namespace qmn {

Image decode_png(std::string_view bytes, const std::string& name, int channels) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, void (*)(png_image*)> freed(&png, png_image_free);
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) fail_data("{}: a damaged PNG: {}", name, png.message);
  Image color = make_image(png.height, png.width, 3, name);
  png.format = PNG_FORMAT_RGB;
  const png_color black{0, 0, 0};
  if (png_image_finish_read(&png, &black, color.pixels.data(), 0, nullptr) == 0) fail_data("{}: a damaged PNG: {}", name, png.message);
  if (channels == 3) return color;
  Image gray = make_image(color.height, color.width, 1, name);  // libpng's own gray weighs linear light
  for (std::size_t i = 0; i < gray.pixels.size(); ++i) gray.pixels[i] = gray_of(color.pixels[3 * i], color.pixels[3 * i + 1], color.pixels[3 * i + 2]);
  return gray;
}

}  // namespace qmn
