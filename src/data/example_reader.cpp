// SPDX-License-Identifier: Apache-2.0
#include "data/example_reader.h"

#include "base/error.h"
#include "base/file.h"
#include "data/image.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <span>

namespace qmn {
namespace {

std::string extension_of(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

bool is_picture(const std::string& extension) {
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".ppm" || extension == ".pgm";
}

Shape without_ones(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

/// How many examples of `example` an array holds; nothing when it does not hold whole ones.
std::optional<std::int64_t> example_count(const Shape& array, const Shape& example) {
  const auto fits = [&](const Shape& shape) { return without_ones(shape) == without_ones(example) || without_ones(shape) == without_ones({element_count(example)}); };
  if (fits(array)) return 1;
  if (array.empty() || !fits({array.begin() + 1, array.end()})) return std::nullopt;
  return array.front();
}

void check_channel_numbers(const char* flag, const std::vector<double>& numbers, std::size_t channels) {
  if (numbers.size() <= 1 || numbers.size() == channels) return;
  if (channels == 1) fail_usage("{}: {} numbers, but the net has no channels: give one", flag, numbers.size());
  fail_usage("{}: {} numbers for {} channels: give one, or one for each", flag, numbers.size(), channels);
}

}  // namespace

ExampleReader::ExampleReader(ExampleFormat format)
    : format_(std::move(format)), numbers_per_example_(static_cast<std::size_t>(element_count(format_.input_shape))),
      channels_(format_.input_shape.size() == 3 ? static_cast<std::size_t>(format_.input_shape[0]) : 1) {
  check_array_settings(format_.array);
  check_channel_numbers("--mean", format_.array.mean, channels_);
  check_channel_numbers("--scale", format_.array.scale, channels_);
}

bool ExampleReader::can_read(const std::filesystem::path& path) {
  const std::string extension = extension_of(path);
  return extension == ".npy" || extension == ".bin" || is_picture(extension);
}

std::vector<float> ExampleReader::read(const std::filesystem::path& path) const {
  const std::string name = path.string(), extension = extension_of(path), bytes = read_file(path);
  if (extension == ".npy") return examples_of(parse_npy(bytes, name), name);
  if (!is_picture(extension)) return examples_of(parse_raw(bytes, name, format_.raw_shape.empty() ? array_shape() : format_.raw_shape, format_.raw_type), name);
  const Shape& shape = format_.input_shape;
  if (shape.size() != 3) fail_data("{}: a picture, but the net's input is {}: channels x height x width are needed", name, to_string(shape));
  std::vector<float> example;
  append_scaled(resize_image(decode_image(bytes, name, static_cast<int>(shape[0])), static_cast<int>(shape[1]), static_cast<int>(shape[2])), false, example);
  return example;
}

Shape ExampleReader::array_shape() const {
  const Shape& shape = format_.input_shape;
  if (shape.size() != 3 || !format_.array.is_channels_last) return shape;
  return {shape[1], shape[2], shape[0]};
}

std::vector<float> ExampleReader::examples_of(const Array& array, const std::string& name) const {
  const Shape expected = array_shape();
  const std::optional<std::int64_t> count = example_count(array.shape, expected);
  if (!count) {
    const bool is_image = expected.size() == 3;
    fail_data("{}: its shape is {}, but an example of this net is {}{}", name, to_string(array.shape), to_string(expected),
              is_image ? format_.array.is_channels_last ? " (height, width, channels; --layout nchw takes channels first)" : " (channels, height, width; --layout nhwc takes channels last)" : "");
  }
  if (*count == 0) fail_data("{}: holds no example: its shape is {}", name, to_string(array.shape));
  const auto bad = std::ranges::find_if(array.numbers, [](float number) { return !std::isfinite(number); });
  if (bad != array.numbers.end()) fail_data("{}: number {} of {} is {}: not finite", name, bad - array.numbers.begin(), array.numbers.size(), *bad);
  std::vector<float> out;
  out.reserve(array.numbers.size());
  for (std::size_t at = 0; at < array.numbers.size(); at += numbers_per_example_) append_scaled(std::span(array.numbers).subspan(at, numbers_per_example_), format_.array.is_channels_last, out);
  return out;
}

void ExampleReader::append_scaled(std::span<const float> example, bool is_channels_last, std::vector<float>& out) const {
  const std::vector<double>&means = format_.array.mean, &scales = format_.array.scale;
  const auto of_channel = [](const std::vector<double>& numbers, std::size_t channel, double otherwise) { return numbers.empty() ? otherwise : numbers[numbers.size() == 1 ? 0 : channel]; };
  const std::size_t pixels = example.size() / channels_;
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    const double mean = of_channel(means, channel, 0), scale = of_channel(scales, channel, 1);
    for (std::size_t i = 0; i < pixels; ++i) {
      const float number = is_channels_last ? example[i * channels_ + channel] : example[channel * pixels + i];
      out.push_back(static_cast<float>((static_cast<double>(number) - mean) * scale));
    }
  }
}

}  // namespace qmn
