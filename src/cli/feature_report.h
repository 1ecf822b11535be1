// SPDX-License-Identifier: Apache-2.0
// cli/feature_report.h   qmn eval --features: the device's integer front end against the float reference, feature by feature and by what the
// integer net makes of either.
#pragma once

#include "data/data_source.h"
#include "graph/quantization.h"

#include <nlohmann/json.hpp>

namespace qmn::cli {

/// Of one split's clips, which have the features of both front ends. Prints a histogram and the paired difference unless `is_json`.
/// Error (usage), naming the model: a float model, one that takes no sound, settings without a fixed form.
nlohmann::json feature_report(const Model& model, const std::string& path, const FeatureSet& clips, const std::vector<std::string>& labels, bool is_json);

}  // namespace qmn::cli
