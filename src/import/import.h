// SPDX-License-Identifier: Apache-2.0
// import/import.h   A model file → a graph that is ready for quantization and lowering.
#pragma once

#include "graph/quantization.h"

#include <filesystem>

namespace qmn {

/// prepare_for_inference for a whole model: formats move along with their values. A model that is prepared already is left as it is.
/// Error (data) when a pass would change what a quantized model computes; it names the node.
Model prepare_model(Model model);

/// read_model, then prepare_model.
Model import_model(const std::filesystem::path& path);

}  // namespace qmn
