// SPDX-License-Identifier: Apache-2.0
#include "cli/run_inputs.h"

#include "audio/wav.h"
#include "base/error.h"
#include "data/example_reader.h"
#include "frontend/mfcc.h"
#include "quantize/evaluate.h"

#include <algorithm>
#include <span>

namespace qmn::cli {
namespace {

void add_sound(const std::string& path, const Mfcc& mfcc, bool is_strict, const Simulator& simulator, RunInputs& inputs, int& converted) {
  const int rate = mfcc.settings().sample_rate_hz;
  const Audio audio = read_audio(path, rate);
  const bool is_converted = audio.was_resampled || audio.was_downmixed;
  if (is_converted && is_strict) fail_data("{}: has {} channels at {} Hz, the model takes mono at {} Hz (--strict)", path, audio.source_channels, audio.source_rate_hz, rate);
  converted += is_converted ? 1 : 0;
  inputs.names.push_back(path);
  inputs.inputs.push_back(simulator.quantize_input(mfcc.features(audio.samples), 1));
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

RunInputs inputs_of_files(const std::vector<std::string>& paths, Model& model, const SourceOptions& source, const Simulator& simulator, bool is_quiet) {
  const ExampleReader reader = source.reader_for(model);
  std::optional<Mfcc> mfcc;
  if (takes_sound(model)) mfcc.emplace(model.metadata.front_end);
  RunInputs inputs;
  int converted = 0;
  for (const std::string& path : paths) {
    const bool is_example = ExampleReader::can_read(path);
    if (!is_example && !mfcc) fail_data("{}: the network takes no sound: name .npy, .bin, .png, .jpg, .ppm or .pgm files", path);
    if (is_example) add_examples(path, reader, simulator, inputs);
    else add_sound(path, *mfcc, source.data.is_strict, simulator, inputs, converted);
  }
  if (converted > 0 && !is_quiet) fmt::print(stderr, "qmn: {} clips were converted to mono at {} Hz\n", converted, mfcc->settings().sample_rate_hz);
  return inputs;
}

RunInputs inputs_of_source(Model& model, const SourceOptions& options, Split split, std::int64_t limit, const std::string& folder, const Simulator& simulator, bool is_quiet) {
  const std::unique_ptr<DataSource> source = options.open(model, folder);
  RunInputs inputs;
  inputs.rows = source->load(split, model.metadata.front_end, {.limit = limit, .is_quiet = is_quiet});
  if (inputs.rows.row_count() == 0) fail_data("{}: no clips in the {} split", source->path().string(), split_name(split));
  for (std::int64_t row = 0; row < inputs.rows.row_count(); ++row) {
    inputs.names.push_back(source->row_name(inputs.rows, row));
    inputs.inputs.push_back(simulator.quantize_input(inputs.rows.row(row), 1));
  }
  const bool are_classes = inputs.rows.outputs != OutputKind::values;
  if (are_classes && std::ranges::count(inputs.rows.labels, kNoLabel) == 0) inputs.expected = inputs.rows.labels;
  inputs.float_outputs = float_logits(model, inputs.rows);
  return inputs;
}

}  // namespace qmn::cli
