// SPDX-License-Identifier: Apache-2.0
// metadata/metadata.h   What a model file says beside its graph: labels, front end, how it was made. Data, never #defines.
#pragma once

#include "metadata/operating_point.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

/// From PCM to the network's input. TensorFlow-compatible MFCC (DESIGN §6). All lengths in samples at `sample_rate_hz`.
struct FrontEndSettings {
  int sample_rate_hz = 16000;
  int clip_samples = 16000;    ///< shorter clips are padded with zeros at the end, longer ones cut
  int window_samples = 640;
  int hop_samples = 320;
  int coefficient_count = 10;  ///< MFCC coefficients kept, the first included
  int mel_bands = 40;
  double lower_hz = 20;
  double upper_hz = 4000;
  /// The network sees coefficient c times 2^-coefficient_shifts[c] (DESIGN §3, "The input"); empty: all 0. Chosen from training data.
  std::vector<int> coefficient_shifts;

  int frame_count() const { return clip_samples < window_samples ? 0 : 1 + (clip_samples - window_samples) / hop_samples; }
  int feature_count() const { return frame_count() * coefficient_count; }
  friend bool operator==(const FrontEndSettings&, const FrontEndSettings&) = default;
};

/// Throws Error (usage) for settings that have no meaning (window longer than the clip, upper_hz above half the rate, …), naming the flag.
void check_front_end(const FrontEndSettings& settings);

/// From arrays and pictures to the network's input: (x - mean) · scale, then in the net's own order, channels before rows (NCHW).
struct ArraySettings {
  bool is_channels_last = false;  ///< arrays of images hold [height][width][channels], as in the file that the net was imported from
  std::vector<double> mean;       ///< one number, or one a channel; empty: 0
  std::vector<double> scale;      ///< likewise; empty: 1
  friend bool operator==(const ArraySettings&, const ArraySettings&) = default;
};

/// Throws Error (usage) for numbers that are not finite, naming the flag.
void check_array_settings(const ArraySettings& settings);

/// What the numbers of the output are.
enum class OutputKind {
  unknown,
  classes,  ///< logits: the largest names the class
  values    ///< what an auto-encoder or a regression answers
};
const char* output_kind_name(OutputKind kind);  ///< "unknown", "classes", "values"

struct Metadata {
  std::string architecture;      ///< "dnn", "ds_cnn", …; empty for imported nets
  std::vector<int> size_info;    ///< the classic --model_size_info
  std::vector<std::string> labels;  ///< in the order of the logits; "_silence_", "_unknown_" first
  FrontEndSettings front_end;       ///< of nets that take sound
  ArraySettings array_input;        ///< of others
  OutputKind outputs = OutputKind::unknown;
  std::optional<OperatingPoint> operating_point;  ///< of a net that listens: what qmn tune chose
  std::map<std::string, std::string> notes;  ///< free text by key: "data", "training", "search", "figures", …
};

/// As JSON text, for the model file; and back. Error (data) names the broken field.
std::string to_json(const Metadata& metadata);
Metadata metadata_from_json(const std::string& json, const std::string& file_name);  ///< reads what metadata_to_json wrote; Error (data) names the file

/// The same of an operating point alone, which has a threshold for each of `class_count` classes.
std::string to_json(const OperatingPoint& point);
OperatingPoint operating_point_from_json(const std::string& json, const std::string& file_name, std::size_t class_count);

}  // namespace qmn
