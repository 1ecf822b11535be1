// SPDX-License-Identifier: Apache-2.0
#include "cli/run_inputs.h"

#include "audio/wav.h"
#include "base/error.h"
#include "data/clip_files.h"
#include "data/example_reader.h"
#include "emit/emit.h"
#include "frontend/fixed_mfcc.h"
#include "frontend/mfcc.h"
#include "quantize/evaluate.h"

#include <algorithm>
#include <span>

namespace qmn::cli {
namespace {

/// The samples of a clip as bytes; shorter ones are followed by zeros.
TensorBytes sample_bytes(std::span<const std::int16_t> samples, int clip_samples) {
  std::vector<std::int32_t> clip(samples.begin(), samples.begin() + std::min<std::ptrdiff_t>(std::ssize(samples), clip_samples));
  clip.resize(static_cast<std::size_t>(clip_samples));
  return tensor_bytes(clip, {16, 15});
}

void add_sound(const std::string& path, const FrontEndSettings& front_end, bool hears, bool is_strict, const Simulator& simulator, RunInputs& inputs, int& converted) {
  const int rate = front_end.sample_rate_hz;
  const Audio audio = read_audio(path, rate);
  const bool is_converted = audio.was_resampled || audio.was_downmixed;
  if (is_converted && is_strict) fail_data("{}: has {} channels at {} Hz, the model takes mono at {} Hz (--strict)", path, audio.source_channels, audio.source_rate_hz, rate);
  converted += is_converted ? 1 : 0;
  inputs.names.push_back(path);
  if (!hears) {
    inputs.inputs.push_back(simulator.quantize_input(Mfcc(front_end).features(audio.samples), 1));
    return;
  }
  std::vector<std::int16_t> samples;
  std::ranges::transform(audio.samples, std::back_inserter(samples), to_pcm16);
  inputs.inputs.push_back(simulator.quantize_input(FixedMfcc(front_end).features(samples), 1));
  inputs.samples.push_back(sample_bytes(samples, front_end.clip_samples));
}

void add_examples(const std::string& path, const ExampleReader& reader, const Simulator& simulator, RunInputs& inputs) {
  const std::vector<float> rows = reader.read(path);
  const std::size_t width = reader.numbers_per_example();
  for (std::size_t at = 0; at < rows.size(); at += width) {
    inputs.names.push_back(rows.size() == width ? path : fmt::format("{}[{}]", path, at / width));
    inputs.inputs.push_back(simulator.quantize_input(std::span(rows).subspan(at, width), 1));
  }
}

}  // namespace

RunInputs inputs_of_files(const std::vector<std::string>& paths, Model& model, const SourceOptions& source, const Program& program, const Simulator& simulator, bool is_quiet) {
  const ExampleReader reader = source.reader_for(model);
  const bool is_sound = takes_sound(model), hears = hears_sound(program);
  RunInputs inputs;
  int converted = 0;
  for (const std::string& path : paths) {
    const bool is_example = ExampleReader::can_read(path);
    if (!is_example && !is_sound) fail_data("{}: the network takes no sound: name .npy, .bin, .png, .jpg, .ppm or .pgm files", path);
    if (is_example) add_examples(path, reader, simulator, inputs);
    else add_sound(path, model.metadata.front_end, hears, source.data.is_strict, simulator, inputs, converted);
  }
  if (inputs.samples.size() != inputs.inputs.size()) inputs.samples.clear();  // arrays among them: all are fed as the host makes them
  if (converted > 0 && !is_quiet) fmt::print(stderr, "qmn: {} clips were converted to mono at {} Hz\n", converted, model.metadata.front_end.sample_rate_hz);
  return inputs;
}

RunInputs inputs_of_source(Model& model, const SourceOptions& options, Split split, std::int64_t limit, const std::string& folder, const Program& program, const Simulator& simulator, bool is_quiet) {
  const std::unique_ptr<DataSource> source = options.open(model, folder);
  const bool hears = hears_sound(program);
  RunInputs inputs;
  inputs.rows = source->load(split, model.metadata.front_end, {.limit = limit, .has_device_features = hears, .keeps_samples = hears, .is_quiet = is_quiet});
  if (inputs.rows.row_count() == 0) fail_data("{}: no clips in the {} split", source->path().string(), split_name(split));
  for (std::int64_t row = 0; row < inputs.rows.row_count(); ++row) {
    inputs.names.push_back(source->row_name(inputs.rows, row));
    const auto index = static_cast<std::size_t>(row), width = static_cast<std::size_t>(inputs.rows.features_per_clip);
    inputs.inputs.push_back(simulator.quantize_input(std::span(inputs.rows.integer_features()).subspan(index * width, width), 1));
    if (inputs.rows.samples.empty()) continue;
    const int clip_samples = model.metadata.front_end.clip_samples;
    const auto length = static_cast<std::size_t>(clip_samples);
    inputs.samples.push_back(sample_bytes(std::span(inputs.rows.samples).subspan(index * length, length), clip_samples));
  }
  const bool are_classes = inputs.rows.outputs != OutputKind::values;
  if (are_classes && std::ranges::count(inputs.rows.labels, kNoLabel) == 0) inputs.expected = inputs.rows.labels;
  inputs.float_outputs = float_logits(model, inputs.rows);
  return inputs;
}

}  // namespace qmn::cli
