// SPDX-License-Identifier: Apache-2.0
// data/image_jpeg.cpp   By libjpeg. Its errors end in longjmp: between there and setjmp stand trivial objects alone.
#include "base/error.h"
#include "data/image.h"

#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

namespace qmn {
namespace {

struct JpegErrors {
  jpeg_error_mgr base;
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

void on_error(j_common_ptr jpeg) {
  auto* errors = reinterpret_cast<JpegErrors*>(jpeg->err);
  (*jpeg->err->format_message)(jpeg, errors->message);
  std::longjmp(errors->back, 1);
}

/// A warning of libjpeg is damage too: a truncated file would become a gray picture.
void on_message(j_common_ptr jpeg, int level) {
  if (level < 0) on_error(jpeg);
}

/// Sets height and width, or fills `pixels` when there are some. False: see errors.message.
bool read_jpeg(std::string_view bytes, int channels, std::uint8_t* pixels, int& height, int& width, JpegErrors& errors) {
  jpeg_decompress_struct jpeg{};
  jpeg.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = on_error;
  errors.base.emit_message = on_message;
  if (setjmp(errors.back) != 0) {
    jpeg_destroy_decompress(&jpeg);
    return false;
  }
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&jpeg, TRUE);
  if (pixels == nullptr) {
    height = static_cast<int>(jpeg.image_height);
    width = static_cast<int>(jpeg.image_width);
  } else {
    jpeg.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
      JSAMPROW row = pixels + std::size_t{jpeg.output_scanline} * jpeg.output_width * static_cast<std::size_t>(channels);
      jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
  }
  jpeg_destroy_decompress(&jpeg);
  return true;
}

}  // namespace

Image decode_jpeg(std::string_view bytes, const std::string& name, int channels) {
  JpegErrors errors{};
  int height = 0, width = 0;
  if (!read_jpeg(bytes, channels, nullptr, height, width, errors)) fail_data("{}: a damaged JPEG: {}", name, errors.message);
  Image image = make_image(height, width, channels, name);
  if (!read_jpeg(bytes, channels, image.pixels.data(), height, width, errors)) fail_data("{}: a damaged JPEG: {}", name, errors.message);
  return image;
}

}  // namespace qmn
