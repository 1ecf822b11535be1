// SPDX-License-Identifier: Apache-2.0
// cli/listening_net.h   A model, or the model of an exported folder, that turns samples into words.
#pragma once

#include "cli/firmware_folder.h"
#include "graph/quantization.h"
#include "simulate/simulate.h"

#include <memory>
#include <optional>
#include <string>

namespace qmn::cli {

struct ListeningNet {
  Model model;
  std::unique_ptr<const Program> program_holder;
  const Program& program;                  ///< hears_sound, and has a label for each class
  Simulator simulator;
  std::optional<Manifest> manifest;        ///< of a folder
  std::optional<OperatingPoint> point;     ///< what a folder was exported with; of a model file nothing: its own metadata says
};

/// Error (data), naming the path: no such model or folder, a float model, a net that cannot listen (and why).
ListeningNet open_listening_net(const std::string& path);

}  // namespace qmn::cli
