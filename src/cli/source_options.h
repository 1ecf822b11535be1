// SPDX-License-Identifier: Apache-2.0
// cli/source_options.h   What a model is calibrated, measured or trained on: one group of flags for all commands that need examples.
//
// --data names a folder of WAV files in the Speech Commands layout (and all of DataOptions), or arrays and pictures (data/example_list.h);
// which of the two is told by what lies there.
#pragma once

#include "cli/common.h"
#include "data/data_source.h"
#include "data/example_reader.h"
#include "graph/quantization.h"

#include <memory>

namespace qmn::cli {

/// The flags of DataOptions; --layout, --mean, --scale, --outputs, --bin_shape, --bin_type
struct SourceOptions {
  DataOptions data;
  std::optional<std::string> layout, outputs;
  std::vector<double> mean, scale;
  std::vector<std::int64_t> bin_shape;
  std::string bin_type = "float32";
  void add(CLI::App& command);

  /// What the flags say of the model's input and outputs becomes part of `model`, so that a command that writes it remembers.
  /// Error (data): the model's labels are not those of the data; whatever the source finds wrong. Error (usage): flags without meaning for it.
  std::unique_ptr<DataSource> open(Model& model, const std::string& model_path) const;

  /// How a file that is named by itself becomes an input of `model`, which takes no sound.
  ExampleReader reader_for(Model& model) const;

 private:
  void apply(Model& model) const;
  ExampleFormat format_for(const Model& model) const;
};

}  // namespace qmn::cli
