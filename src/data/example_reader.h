// SPDX-License-Identifier: Apache-2.0
// data/example_reader.h   Files of arrays and pictures as inputs of one net: shape checked, axes in the net's order, mean and scale applied.
//
// The net stores images channels first (NCHW). Arrays hold them as ArraySettings::is_channels_last says: [height][width][channels] or
// [channels][height][width]; axes of extent 1 may be there or not, or a row may hold all numbers in that order. Pictures are resized to the
// net's height and width.
#pragma once

#include "data/array.h"
#include "metadata/metadata.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace qmn {

struct ExampleFormat {
  Shape input_shape;                ///< of the net, without the batch: [channels, height, width], or as it is
  ArraySettings array;
  Shape raw_shape{};                ///< of one example of a .bin; empty: the net's, in the order of its arrays
  std::string raw_type = "float32";
};

class ExampleReader {
 public:
  /// Error (usage): a count of --mean or --scale that is neither 1 nor that of the channels; a scale or mean per channel of a net without them.
  explicit ExampleReader(ExampleFormat format);

  /// Whether the name of the file ends like that of an array or a picture: .npy, .bin, .png, .jpg, .jpeg, .ppm, .pgm.
  static bool can_read(const std::filesystem::path& path);

  std::size_t numbers_per_example() const { return numbers_per_example_; }

  /// [example][number] of a file: a picture is one example, an array one or several (its first dimension counts them).
  /// Error (data) naming the file: missing, damaged, of another shape than the net takes, a number that is not finite.
  std::vector<float> read(const std::filesystem::path& path) const;
  std::vector<float> examples_of(const Array& array, const std::string& name) const;

 private:
  Shape array_shape() const;  ///< of one example
  void append_scaled(std::span<const float> example, bool is_channels_last, std::vector<float>& out) const;

  ExampleFormat format_;
  std::size_t numbers_per_example_, channels_;
};

}  // namespace qmn
