// SPDX-License-Identifier: Apache-2.0
// report/report.h   The data of report.html: what a quantized model answers, where it loses, and what it takes.
#pragma once

#include "data/features.h"
#include "quantize/quantize.h"
#include "quantize/recipe.h"
#include "quantize/sensitivity.h"
#include "quantize/tensor_range.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qmn {

/// The search of ranges, where it is known.
struct SearchReport {
  std::string method;
  CalibrationScore start, final;
  std::int64_t evaluations = 0;
  double seconds = 0;
  std::vector<SearchStep> steps;     ///< that were kept
  std::vector<RecipeStep> recipe{};  ///< of recipe auto, on its check clips
};

struct ReportInput {
  std::string title;                ///< the model's file name
  std::string tool;                 ///< "qmn 0.1.0"
  const Model& model;               ///< quantized
  std::vector<std::string> labels;
  const FeatureSet& check;          ///< clips that no search saw
  std::string check_split;          ///< "testing"
  int copies = 0;                   ///< of each of them; 0: as they are
  const std::vector<float>& float_logits;
  const std::vector<float>& integer_logits;
  const Sensitivity& sensitivity;
  const std::vector<TensorRange>& tensors;
  std::int64_t calibration_clips = 0;  ///< behind `tensors` and `sensitivity`
  std::optional<SearchReport> search{};
  std::vector<std::string> remarks{};
  std::vector<std::pair<std::string, std::string>> settings{};  ///< name and value, in the order to show
};

/// Everything that the page draws, as plain values. Error (data): the model cannot be lowered.
nlohmann::json report_json(const ReportInput& input);

}  // namespace qmn
