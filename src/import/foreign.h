// SPDX-License-Identifier: Apache-2.0
// import/foreign.h   A model file of another tool → a clean Model, or every reason why not.
#pragma once

#include "formats/draft.h"
#include "graph/quantization.h"

#include <filesystem>
#include <string>
#include <vector>

namespace qmn {

struct ImportSettings {
  std::string output;                ///< where the net ends; empty: at its one output
  std::optional<Shape> input_shape;  ///< in place of the file's
};

struct Imported {
  Model model;
  std::string format;              ///< "TensorFlow GraphDef", …
  std::vector<std::string> notes;  ///< what was changed, a line each
  bool has_front_end = false;      ///< the file says where its features come from
};

/// Error (data), one line: what is wrong with the file, or all nodes that cannot be imported, each with the reason.
Imported import_file(const std::filesystem::path& path, const ImportSettings& settings = {});

/// The passes alone: a draft → the Graph. Used by import_file, and by tests.
Model model_of(const ForeignModel& foreign, std::vector<std::string>& notes);

/// The operators that an import takes, by format: for `qmn import --list-operators`.
struct FormatOperators {
  std::string format;
  std::vector<std::string> operators;
};
std::vector<FormatOperators> supported_operators();

}  // namespace qmn
