// SPDX-License-Identifier: Apache-2.0
#include "cli/report_file.h"

#include "base/error.h"
#include "base/file.h"
#include "quantize/evaluate.h"
#include "quantize/range_choice.h"
#include "report/html.h"

#include <filesystem>

namespace qmn::cli {
Sensitivity write_report(const ReportRequest& request, const std::string& path) {
  const Sensitivity sensitivity = measure_sensitivity(request.model, request.calibration, request.is_quiet);
  const std::vector<float> reference = float_logits(request.model, request.check), integers = integer_logits(request.model, request.check);
  const std::vector<TensorRange> tensors = observe_tensors(request.model, request.calibration, kDefaultPercentile);
  const nlohmann::json data = report_json({.title = std::filesystem::path(request.model_path).filename().string(),
                                           .tool = "qmn " QMN_VERSION,
                                           .model = request.model,
                                           .labels = request.labels,
                                           .check = request.check,
                                           .check_split = request.check_split,
                                           .copies = request.copies,
                                           .float_logits = reference,
                                           .integer_logits = integers,
                                           .sensitivity = sensitivity,
                                           .tensors = tensors,
                                           .calibration_clips = request.calibration.row_count(),
                                           .search = request.search,
                                           .remarks = request.remarks,
                                           .settings = request.settings});
  write_file_atomic(path, report_html(data));
  return sensitivity;
}

void check_report_path(const std::string& path, const std::string& flag) {
  if (std::filesystem::path(path).extension() == ".onnx") fail_usage("{} {}: that is a model's name; give the page one that ends with .html", flag, path);
  if (std::filesystem::is_directory(path)) fail_usage("{} {}: that is a folder; give the page a file name, {}/report.html", flag, path, path);
}

}  // namespace qmn::cli
