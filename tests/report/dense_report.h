// SPDX-License-Identifier: Apache-2.0
// tests/report/dense_report.h   A dense net, quantized by min/max, and all that its report is made of.
#pragma once

#include "base/random.h"
#include "quantize/evaluate.h"
#include "quantize/nets.h"
#include "quantize/quantize.h"
#include "quantize/range_choice.h"
#include "report/report.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace qmn::testing {

class DenseReport {
 public:
  static constexpr std::size_t kInputs = 20, kHidden = 12, kClasses = 4;

  /// `name` is that of the first layer's output, of a label, of the method, of a step of the recipe and of a remark.
  DenseReport(int layer_count, const std::string& name) : labels_{"_silence_", name, "yes", "no"}, name_(name) {
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(layer_count), kHidden);
    sizes.insert(sizes.begin(), kInputs);
    sizes.back() = kClasses;
    Model net;
    net.graph = dense_net(sizes, 7);
    net.graph.value(*net.graph.find("fc1")).name = name;
    calibration = normal_clips(30, 1);
    check = normal_clips(40, 2);
    model = quantize_model(net, calibration, {.method = RangeMethod::minmax, .is_quiet = true}).model;
  }

  /// Of the model as it is now.
  nlohmann::json json() {
    float_rows = float_logits(model, check);
    integer_rows = integer_logits(model, check);
    const Sensitivity sensitivity = measure_sensitivity(model, calibration, true);
    const std::vector<TensorRange> tensors = observe_tensors(model, calibration, kDefaultPercentile);
    SearchReport search{.method = "descend", .start = {.kl = 0.5, .accuracy = 0.5}, .final = {.kl = 0.01, .accuracy = 0.6}, .evaluations = 120, .seconds = 1.5, .steps = {}};
    search.recipe = {{.name = "descend", .check = {.kl = 0.02, .agreement = 0.97}, .is_kept = true, .seconds = 1, .model = {}},
                     {.name = name_, .check = {.kl = 0.01, .agreement = 0.98}, .is_kept = false, .seconds = 2, .model = {}}};
    for (int step = 1; step <= 6; ++step) search.steps.push_back({.what = fmt::format("fc{} +1", step), .evaluations = 15 * step, .score = {.kl = 0.5 / (1 << step), .accuracy = 0.5}});
    return report_json({.title = "net.q.onnx", .tool = "qmn", .model = model, .labels = labels_, .check = check, .check_split = "testing", .float_logits = float_rows,
                        .integer_logits = integer_rows, .sensitivity = sensitivity, .tensors = tensors, .calibration_clips = calibration.row_count(), .search = search,
                        .remarks = {name_, "a second remark"}, .settings = {{"method", name_}}});
  }

  Model model;  ///< quantized
  FeatureSet calibration, check;
  std::vector<float> float_rows, integer_rows;  ///< logits of `check`, by the last json()

 private:
  static FeatureSet normal_clips(int count, std::uint64_t seed) {
    Random random({seed});
    FeatureSet clips;
    clips.features_per_clip = static_cast<int>(kInputs);
    for (int i = 0; i < count * clips.features_per_clip; ++i) clips.features.push_back(static_cast<float>(random.normal()));
    for (int i = 0; i < count; ++i) {
      clips.labels.push_back(i % static_cast<int>(kClasses));
      clips.clip_ids.push_back(i);
    }
    return clips;
  }

  std::vector<std::string> labels_;
  std::string name_;
};

}  // namespace qmn::testing
