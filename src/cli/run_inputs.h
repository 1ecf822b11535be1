// SPDX-License-Identifier: Apache-2.0
// cli/run_inputs.h   What qmn run feeds the board: files that were named, or examples of a data set, as raw inputs of the program.
#pragma once

#include "cli/source_options.h"
#include "simulate/simulate.h"

#include <string>
#include <vector>

namespace qmn::cli {

struct RunInputs {
  std::vector<std::string> names;
  std::vector<TensorBytes> inputs;   ///< of the network, as the host makes them
  std::vector<TensorBytes> samples;  ///< int16, of clips that go through the firmware's own front end; empty where it has none
  std::vector<int> expected;         ///< indices of labels; empty when nobody knows
  std::vector<float> float_outputs;  ///< of the model in float, [input][output]; of named files: empty
  FeatureSet rows;                   ///< of a data set
};

/// Sound files through the front end of the model, arrays and pictures as SourceOptions says.
/// Error (data) naming the file; under --strict also for sound that would have to be converted.
RunInputs inputs_of_files(const std::vector<std::string>& paths, Model& model, const SourceOptions& source, const Program& program, const Simulator& simulator, bool is_quiet);

/// At most `limit` examples of the split; 0: all. Error (data): there are none. `folder`: of the firmware, for messages.
RunInputs inputs_of_source(Model& model, const SourceOptions& options, Split split, std::int64_t limit, const std::string& folder, const Program& program, const Simulator& simulator, bool is_quiet);

}  // namespace qmn::cli
