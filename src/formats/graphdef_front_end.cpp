// SPDX-License-Identifier: Apache-2.0
// formats/graphdef_front_end.cpp   Where the data come in.
//   Placeholder (bytes of a WAV file) → DecodeWav → AudioSpectrogram → Mfcc     ⇒     the input [1, frames, coefficients] and its settings
// TensorFlow's Mfcc takes the square root of a spectrogram of squared magnitudes, as frontend/mfcc does.
#include "formats/graphdef_reader.h"

#include "base/error.h"

namespace qmn {

void GraphDefReader::read_placeholder(const tensorflow::Node& node) {
  constexpr int kFloat = 1, kString = 7;
  const tensorflow::Attribute* type = attribute(node, "dtype", tensorflow::Attribute::kType);
  if (type != nullptr && type->type() == kString)
    fail_data("{}: the input is text or the bytes of a file, and no Mfcc stands between it and the net: freeze the graph from behind the decoding on", title(node));
  if (type != nullptr && type->type() != kFloat) fail_data("{}: the input is of type {}, but float32 is needed", title(node), type->type());
  const tensorflow::Attribute* shape = attribute(node, "shape", tensorflow::Attribute::kShape);
  if (shape == nullptr || shape->shape().unknown_rank() || shape->shape().dim_size() == 0)
    fail_data("{}: its shape is not in the file: freeze the graph with a fixed input shape, or give --input_shape", title(node));
  out_.draft.inputs.push_back({node.name(), decode(shape->shape(), node.name())});
}

void GraphDefReader::read_mfcc(const tensorflow::Node& node) {
  const tensorflow::Node& spectrogram = node_of(inputs(node, 2)[0], node);
  if (spectrogram.op() != "AudioSpectrogram") fail_data("{}: it reads {}, but an AudioSpectrogram is needed", title(node), title(spectrogram));
  const tensorflow::Node& decoder = node_of(inputs(spectrogram, 1)[0], spectrogram);
  if (decoder.op() != "DecodeWav") fail_data("{}: it reads {}, but a DecodeWav is needed", title(spectrogram), title(decoder));
  if (!flag(spectrogram, "magnitude_squared", false)) fail_data("{}: magnitude_squared = false is not supported", title(spectrogram));
  if (integer(decoder, "desired_channels", -1) != 1)
    fail_data("{}: desired_channels = {} is not supported, 1 is", title(decoder), integer(decoder, "desired_channels", -1));
  FrontEndSettings settings;
  settings.clip_samples = static_cast<int>(integer(decoder, "desired_samples", -1));
  settings.window_samples = static_cast<int>(integer(spectrogram, "window_size", 0));
  settings.hop_samples = static_cast<int>(integer(spectrogram, "stride", 0));
  settings.coefficient_count = static_cast<int>(integer(node, "dct_coefficient_count", 13));
  settings.mel_bands = static_cast<int>(integer(node, "filterbank_channel_count", 40));
  settings.lower_hz = static_cast<double>(real(node, "lower_frequency_limit", 20));
  settings.upper_hz = static_cast<double>(real(node, "upper_frequency_limit", 4000));
  try {
    check_front_end(settings);
  } catch (const Error& error) {
    fail_data("{}: its front end is not possible: {}", title(node), error.what());
  }
  out_.front_end = settings;
  out_.draft.inputs.push_back({node.name(), {1, settings.frame_count(), settings.coefficient_count}});
  out_.notes.push_back(fmt::format("{}, {}, {}: they are the front end; the net starts behind them, at {} Hz", title(decoder), title(spectrogram),
                                   title(node), settings.sample_rate_hz));
}

}  // namespace qmn
