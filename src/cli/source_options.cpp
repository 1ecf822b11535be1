// SPDX-License-Identifier: Apache-2.0
#include "cli/source_options.h"

#include "base/error.h"
#include "cli/evaluation.h"
#include "data/example_source.h"
#include "data/keyword_source.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace qmn::cli {
namespace {

Shape without_batch(const Shape& shape) { return {shape.begin() + 1, shape.end()}; }

}  // namespace

void SourceOptions::add(CLI::App& command) {
  data.add(command);
  constexpr const char* kGroup = "Arrays and pictures";
  command.add_option("--layout", layout, "Order of the axes of images in arrays: nhwc or nchw (default: that of the file that the model was imported from)")
      ->check(CLI::IsMember({"nhwc", "nchw"}))
      ->group(kGroup);
  command.add_option("--mean", mean, "Subtracted from every number: one, or one a channel (default: what the model remembers, else 0)")->type_name("X ...")->group(kGroup);
  command.add_option("--scale", scale, "Then multiplied: one, or one a channel (default: what the model remembers, else 1)")->type_name("X ...")->group(kGroup);
  command.add_option("--outputs", outputs, "What the outputs are: classes or values (default: what the model and the labels of the data suggest)")
      ->check(CLI::IsMember({"classes", "values"}))
      ->group(kGroup);
  command.add_option("--bin_shape,--bin-shape", bin_shape, "Shape of one example of a .bin file: 32,32,3 (default: the model's input)")->delimiter(',')->type_name("N,...")->group(kGroup);
  command.add_option("--bin_type,--bin-type", bin_type, fmt::format("Type of its numbers: {}", fmt::join(kRawTypes, ", ")))->capture_default_str()->group(kGroup);
}

void SourceOptions::apply(Model& model) const {
  ArraySettings& array = model.metadata.array_input;
  if (layout) array.is_channels_last = *layout == "nhwc";
  if (!mean.empty()) array.mean = mean;
  if (!scale.empty()) array.scale = scale;
  if (outputs) model.metadata.outputs = *outputs == "classes" ? OutputKind::classes : OutputKind::values;
}

ExampleFormat SourceOptions::format_for(const Model& model) const {
  return {.input_shape = without_batch(model.graph.shape(model.graph.input)), .array = model.metadata.array_input, .raw_shape = bin_shape, .raw_type = bin_type};
}

ExampleReader SourceOptions::reader_for(Model& model) const {
  apply(model);
  return ExampleReader(format_for(model));
}

std::unique_ptr<DataSource> SourceOptions::open(Model& model, const std::string& model_path) const {
  if (data.folder.empty() && !takes_sound(model)) {
    fail_data("{}: its input {} is none of a front end for sound: give arrays or pictures by --data PATH", model_path, to_string(model.graph.shape(model.graph.input)));
  }
  if (data.folder.empty() || !holds_examples(data.folder)) return std::make_unique<KeywordSource>(dataset_for(model, data, model_path));
  apply(model);
  const auto [validation, testing] = data.split_percentages();
  auto source = std::make_unique<ExampleSource>(ExampleSettings{.path = data.folder,
                                                                .format = format_for(model),
                                                                .output_count = element_count(model.graph.shape(model.graph.output)),
                                                                .outputs = model.metadata.outputs,
                                                                .labels = model.metadata.labels,
                                                                .validation_percentage = validation,
                                                                .testing_percentage = testing,
                                                                .is_strict = data.is_strict});
  model.metadata.outputs = source->outputs();
  return source;
}

}  // namespace qmn::cli
