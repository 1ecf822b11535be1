// SPDX-License-Identifier: Apache-2.0
// cli/report_file.h   report.html for the commands that write one: qmn report and qmn quantize --report.
#pragma once

#include "data/features.h"
#include "quantize/sensitivity.h"
#include "report/report.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qmn::cli {

struct ReportRequest {
  std::string model_path;             ///< its file name is the title
  const Model& model;                 ///< quantized
  std::vector<std::string> labels;
  const FeatureSet& calibration;      ///< behind histograms and sensitivity
  const FeatureSet& check;            ///< clips that no search saw
  std::string check_split;
  int copies = 0;
  std::optional<SearchReport> search{};
  std::vector<std::string> remarks{};
  std::vector<std::pair<std::string, std::string>> settings{};
  bool is_quiet = false;
};

/// Measures and writes the page to `path`, whole or not at all. Returns the sensitivity, for the terminal.
/// Error (data): the model cannot be lowered, the file cannot be written.
Sensitivity write_report(const ReportRequest& request, const std::string& path);

/// Error (usage) for a name that a page should not take: a model's (.onnx) or a folder's.
void check_report_path(const std::string& path, const std::string& flag);

}  // namespace qmn::cli
