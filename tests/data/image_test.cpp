// SPDX-License-Identifier: Apache-2.0
// Pictures of every kind: the same pixels, as color and as gray; damage ends in one line; resizing against its definition.
#include "data/image.h"

#include "base/random.h"
#include "data/image_files.h"
#include "support/expect_error.h"

#include <cmath>

namespace qmn {
namespace {

using testing::as_jpeg;
using testing::as_netpbm;
using testing::as_png;
using testing::expect_error;
using testing::gradient;

TEST(Images, LosslessKindsKeepEveryPixel) {
  for (const int channels : {1, 3}) {
    const Image image = gradient(5, 7, channels);
    for (const std::string& bytes : {as_netpbm(image), as_png(image)}) {
      const Image same = decode_image(bytes, "a", channels);
      EXPECT_EQ(same.height, 5);
      EXPECT_EQ(same.width, 7);
      EXPECT_EQ(same.pixels, image.pixels) << channels;
    }
  }
}

TEST(Images, JpegIsCloseInColorAndInGray) {
  for (const int channels : {1, 3}) {
    const Image image = gradient(24, 16, channels), same = decode_image(as_jpeg(image), "a", channels);
    ASSERT_EQ(same.pixels.size(), image.pixels.size());
    for (std::size_t i = 0; i < image.pixels.size(); ++i) EXPECT_NEAR(same.pixels[i], image.pixels[i], 8) << channels;  // chroma is subsampled
  }
}

TEST(Images, ColorBecomesGrayByBt601AndGrayBecomesColor) {
  const Image color = gradient(4, 6, 3), gray = gradient(4, 6, 1);
  for (const auto& write : {as_netpbm, as_png}) {
    const Image reduced = decode_image(write(color), "a", 1);
    for (std::size_t i = 0; i < reduced.pixels.size(); ++i) {
      const double luma = 0.299 * color.pixels[3 * i] + 0.587 * color.pixels[3 * i + 1] + 0.114 * color.pixels[3 * i + 2];
      EXPECT_EQ(reduced.pixels[i], static_cast<int>(std::floor(luma + 0.5))) << i;
    }
    const Image widened = decode_image(write(gray), "a", 3);
    for (std::size_t i = 0; i < widened.pixels.size(); ++i) EXPECT_EQ(widened.pixels[i], gray.pixels[i / 3]) << i;
  }
}

TEST(Images, WhatCannotBeReadIsNamed) {
  const Image image = gradient(9, 8, 3);
  expect_error(ErrorKind::data, {"a.gif", "no PNG, JPEG"}, [] { decode_image("GIF89a", "a.gif", 3); });
  expect_error(ErrorKind::data, {"a", "2 channels"}, [&] { decode_image(as_png(image), "a", 2); });
  expect_error(ErrorKind::data, {"a.ppm", "65535"}, [] { decode_image("P6 2 2 65535\n", "a.ppm", 3); });
  expect_error(ErrorKind::data, {"a.ppm", "truncated", "10 of 216"}, [&] { decode_image(as_netpbm(image).substr(0, as_netpbm(image).size() - 206), "a.ppm", 3); });
  expect_error(ErrorKind::data, {"a.ppm", "pixels"}, [] { decode_image("P6 100000 100000 255\n", "a.ppm", 3); });
  expect_error(ErrorKind::data, {"a.png", "damaged PNG"}, [&] { decode_image(as_png(image).substr(0, 60), "a.png", 3); });
  expect_error(ErrorKind::data, {"a.jpg", "damaged JPEG"}, [&] { decode_image(as_jpeg(image).substr(0, as_jpeg(image).size() / 2), "a.jpg", 3); });
}

TEST(Images, CutAndPatchedFilesNeverDoHarm) {
  Random random({32});
  const Image image = gradient(12, 10, 3);
  for (const std::string& sound : {as_netpbm(image), as_png(image), as_jpeg(image)}) {
    for (int round = 0; round < 1500; ++round) {
      std::string bytes = sound;
      if (round % 3 == 0) bytes.resize(random.uniform_int(bytes.size()));
      for (int i = 0; i < 3 && !bytes.empty(); ++i) bytes[random.uniform_int(bytes.size())] = static_cast<char>(random.uniform_int(256));
      try {
        decode_image(bytes, "a", round % 2 == 0 ? 1 : 3);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::data);
      }
    }
  }
}

/// The value at a place between the centers of pixels, edges repeated.
double sample(const Image& image, double y, double x, int channel) {
  const auto pixel = [&](int row, int column) {
    row = std::clamp(row, 0, image.height - 1);
    column = std::clamp(column, 0, image.width - 1);
    return static_cast<double>(image.pixels[static_cast<std::size_t>((row * image.width + column) * image.channels + channel)]);
  };
  const int top = static_cast<int>(std::floor(y)), left = static_cast<int>(std::floor(x));
  const double dy = y - top, dx = x - left;
  return (1 - dy) * ((1 - dx) * pixel(top, left) + dx * pixel(top, left + 1)) + dy * ((1 - dx) * pixel(top + 1, left) + dx * pixel(top + 1, left + 1));
}

TEST(Images, ResizingIsBilinearBetweenCentersAndChannelsComeFirst) {
  const Image image = gradient(6, 5, 3);
  for (const auto& [height, width] : {std::pair{6, 5}, {3, 10}, {13, 2}, {1, 1}}) {
    const std::vector<float> resized = resize_image(image, height, width);
    ASSERT_EQ(resized.size(), static_cast<std::size_t>(3 * height * width));
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          const double expected = sample(image, (y + 0.5) * 6 / height - 0.5, (x + 0.5) * 5 / width - 0.5, c);
          EXPECT_NEAR(resized[static_cast<std::size_t>((c * height + y) * width + x)], expected, 1e-4) << height << "x" << width << " " << c << " " << y << " " << x;
        }
      }
    }
  }
}

}  // namespace
}  // namespace qmn
