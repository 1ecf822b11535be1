// SPDX-License-Identifier: Apache-2.0
// quantize/search.h   What the range searches share: formats as wished, formats as they ship, and what the net then answers.
//
// A search wishes formats; what is evaluated and kept is legalize(wish), all consequences in one joint change, so a search never
// scores a net that could not ship. The wish is remembered apart: a bias that was clamped for a narrow input gets its format back
// when the input widens again.
#pragma once

#include "engine/engine.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace qmn {

class RangeSearch {
 public:
  /// `reference` are the float logits of the calibration clips. The graph ends at its logits.
  RangeSearch(const Graph& graph, Quantization wish, const FeatureSet& calibration, const std::vector<float>& reference);

  const Quantization& wish() const { return wish_; }
  const Quantization& shipped() const { return session_->quantization(); }
  const CalibrationScore& score() const { return score_; }

  /// The score of another wish; nullopt when it ships the same formats as now.
  std::optional<CalibrationScore> evaluate(const Quantization& wish);
  /// Makes it the current one; `score` is what evaluate() said of it.
  void keep(const Quantization& wish, const CalibrationScore& score);

  std::int64_t evaluations() const { return evaluations_; }

 private:
  CalibrationScore score_of(const std::vector<float>& logits) const;

  const Graph& graph_;
  const FeatureSet& calibration_;
  const std::vector<float>& reference_;
  std::size_t class_count_;
  Quantization wish_;
  std::unique_ptr<SearchSession> session_;
  CalibrationScore score_;
  std::int64_t evaluations_ = 0;
};

/// Sets one format on tied values.
void set_format(Quantization& quantization, const TiedValues& values, QFormat format);

/// The activations that a search may change: all but those whose format the user fixed.
std::vector<TiedValues> free_activations(const Graph& graph, const std::map<ValueId, QFormat>& fixed);

/// Activation by activation, in order of execution, later ones still float in `search`. `minmax` has a format for each activation.
void progressive_search(RangeSearch& search, const Graph& graph, const std::vector<TiedValues>& activations, const Quantization& minmax, bool is_quiet);

/// Coordinate descent on the KL over activations, weights and 8-bit biases, from where `search` stands.
void descend_search(RangeSearch& search, const Graph& graph, const std::vector<TiedValues>& activations, int max_sweeps, bool is_quiet);

}  // namespace qmn
