// SPDX-License-Identifier: Apache-2.0
// cli/operating_point_options.h   When a word counts as heard: the flags of export, listen and tune.
#pragma once

#include "program/program.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace qmn::cli {

/// --interval_ms, --smoothing, --threshold, --rest_ms
struct OperatingPointOptions {
  std::optional<double> interval_ms, rest_ms;
  std::optional<int> smoothing;
  std::string thresholds;  ///< "0.7", or "yes=0.8,no=0.6"
  void add(CLI::App& command);
  bool is_given() const { return interval_ms || rest_ms || smoothing || !thresholds.empty(); }

  /// `defaults`, else what the model stores (qmn tune), else every 100 ms, mean of 3, 0.7, rest of 1000 ms; changed by the flags. Words are the labels that
  /// do not begin with "_" (as _silence_ and _unknown_ do). Error (usage), naming the flag: a value out of range, a word that is none.
  OperatingPoint resolve(const Program& program, const std::optional<OperatingPoint>& defaults = {}) const;
};

/// A hop of the front end.
double milliseconds_per_frame(const FrontEndSettings& front_end);

/// "every 100 ms, mean of 3, rest 1000 ms; yes 0.70, no 0.65"; one number where all words have the same.
std::string operating_point_text(const OperatingPoint& point, const Program& program);
/// {"interval_ms", "smoothing", "rest_ms", "thresholds": {"yes": 0.7, …}}
nlohmann::json operating_point_json(const OperatingPoint& point, const Program& program);

}  // namespace qmn::cli
