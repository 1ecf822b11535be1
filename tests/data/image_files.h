// SPDX-License-Identifier: Apache-2.0
// tests/data/image_files.h   Pictures as bytes, written by the tests: PPM by hand, PNG and JPEG by the writing half of the libraries.
#pragma once

#include "data/image.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>
#include <png.h>

#include <string>

namespace qmn::testing {

/// A picture whose pixels are computed, smooth enough for JPEG.
inline Image gradient(int height, int width, int channels) {
  Image image{height, width, channels, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) image.pixels.push_back(static_cast<std::uint8_t>((40 * c + 3 * y + 2 * x) % 256));
    }
  }
  return image;
}

inline std::string as_netpbm(const Image& image) {
  return fmt::format("P{}\n# a comment\n{} {}\n255\n", image.channels == 3 ? 6 : 5, image.width, image.height) + std::string(image.pixels.begin(), image.pixels.end());
}

inline std::string as_png(const Image& image) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&png, nullptr, &size, 0, image.pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

inline std::string as_jpeg(const Image& image) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &data, &size);
  jpeg.image_width = static_cast<JDIMENSION>(image.width);
  jpeg.image_height = static_cast<JDIMENSION>(image.height);
  jpeg.input_components = image.channels;
  jpeg.in_color_space = image.channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<unsigned char*>(image.pixels.data()) + std::size_t{jpeg.next_scanline} * jpeg.image_width * static_cast<std::size_t>(image.channels);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  jpeg_destroy_compress(&jpeg);
  std::free(data);
  return bytes;
}

}  // namespace qmn::testing
