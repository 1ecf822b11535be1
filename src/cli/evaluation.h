// SPDX-License-Identifier: Apache-2.0
// cli/evaluation.h   What quantize, eval and quant_test share: the data set of a model, and one form of it against another.
#pragma once

#include "cli/common.h"
#include "data/data_source.h"
#include "graph/quantization.h"
#include "quantize/metrics.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace qmn::cli {

/// The data set with the model's own labels in their order. Error (data) when the model's labels are not those of a keyword data set.
Dataset dataset_for(const Model& model, const DataOptions& options, const std::string& model_path);

/// Error (usage): copies of examples that nothing can disturb.
void check_copies(const DataSource& source, int copies);

/// Error (usage), naming the flag, for any other word than training, validation and testing.
Split split_of(const std::string& name, const std::string& flag);

struct Comparison {
  PairedDifference difference;  ///< of accuracy, with its interval
  double agreement = 0;         ///< share of rows with the same label
  double kl = 0;                ///< mean KL(reference ‖ other)
};
Comparison compare(const std::vector<float>& reference, const std::vector<float>& other, const FeatureSet& clips, std::size_t class_count);

/// "difference -0.12 points [-0.40, +0.15], same label 97.31 %, KL 0.00213"
std::string comparison_text(const Comparison& comparison);
nlohmann::json comparison_json(const Comparison& comparison);

/// {"accuracy": 0.93, "hits": 93, "clips": 100, "confusion": [[…], …]}: rows are the truth.
nlohmann::json confusion_json(const ConfusionMatrix& matrix);

}  // namespace qmn::cli
