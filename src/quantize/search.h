// SPDX-License-Identifier: Apache-2.0
// quantize/search.h   What the range searches share: formats as wished, formats as they ship, and what the net then answers.
//
// A search wishes formats; what is evaluated and kept is legalize(wish), all consequences in one joint change, so a search never
// scores a net that could not ship. The wish is remembered apart: a bias that was clamped for a narrow input gets its format back
// when the input widens again.
//
// Most wishes are worse, and show it soon: a candidate first runs on kRaceClips clips, drawn evenly, and is abandoned when it costs more
// than the current formats on the same clips by more than two standard errors (a race, as in Maron and Moore 1994). One that is taken
// has always been measured on all clips.
#pragma once

#include "engine/engine.h"
#include "quantize/calibrated_net.h"
#include "quantize/deadline.h"
#include "quantize/divergence.h"
#include "quantize/layers.h"
#include "quantize/quantize.h"
#include "quantize/score_book.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

/// What is minimized, of one score.
double cost_of(Objective objective, const CalibrationScore& score);

class RangeSearch {
 public:
  struct Setup {
    const Graph& graph;                   ///< ends at its logits
    const FeatureSet& clips;
    const std::vector<float>& reference;  ///< float outputs of the clips
    Objective objective = Objective::kl;
    Deadline deadline{};
    ScoreBook* book = nullptr;            ///< of this graph and these clips; nullptr: one of its own
  };
  RangeSearch(const Setup& setup, Quantization wish);

  const Graph& graph() const { return graph_; }
  const Quantization& wish() const { return wish_; }
  const Quantization& shipped() const { return shipped_; }
  const CalibrationScore& score() const { return score_; }
  double cost() const { return cost_of(objective_, score_); }
  double cost_of_score(const CalibrationScore& score) const { return cost_of(objective_, score); }

  /// The score of another wish on all clips; that of the current one when it ships the same formats.
  CalibrationScore evaluate(const Quantization& wish);
  /// Makes it the current one; `score` is what evaluate() said of it. `what` names the move in trace().
  void keep(const Quantization& wish, const CalibrationScore& score, const std::string& what);
  /// Keeps the wish when it costs less by a share of kMinGain or more; true when it did.
  bool keep_if_better(const Quantization& wish, const std::string& what);

  bool is_out_of_time() const { return deadline_.has_passed(); }
  std::int64_t evaluations() const { return evaluations_; }  ///< of formats, abandoned ones among them
  const std::vector<SearchStep>& trace() const { return trace_; }

  static constexpr double kMinGain = 1e-4;  ///< a smaller relative gain is noise of the clips at hand
  static constexpr std::int64_t kRaceClips = 100;

 private:
  /// Of each clip; a clip without a label has neither cross-entropy nor hit.
  struct ClipScores {
    std::vector<double> kl, cross_entropy, hit;
    std::int64_t labeled = 0;
    CalibrationScore mean() const;
  };
  std::string key_of(const Quantization& shipped) const;  // of the graph's parameters too
  ClipScores score_clips(const std::vector<float>& logits, std::int64_t first) const;
  bool is_clearly_worse(const ClipScores& candidate) const;
  void bring_session_up_to_date();

  const Graph& graph_;
  std::string graph_key_;
  Objective objective_;
  Deadline deadline_;
  std::int64_t clip_count_;
  bool has_classes_;
  Divergence divergence_;
  std::vector<float> features_, reference_;  // in an order of their own, so that the first kRaceClips are an even choice
  std::vector<int> labels_;
  Quantization wish_, shipped_;
  CalibrationScore score_;
  std::unique_ptr<SearchSession> session_;  // made when the first score is missing in the book
  ClipScores current_;                      // of the session's formats
  ScoreBook own_book_;
  ScoreBook& book_;
  std::int64_t evaluations_ = 0;
  std::vector<SearchStep> trace_;
};

/// Sets one format on tied values.
void set_format(Quantization& quantization, const TiedValues& values, QFormat format);
/// The wish of `search` with `bits` more fractional bits on these values than they ship with; nullopt beyond ±kMaxFracBits.
std::optional<Quantization> moved(const RangeSearch& search, const TiedValues& values, int bits);

/// The activations that a search may change: all but those whose format the user fixed.
std::vector<TiedValues> free_activations(const Graph& graph, const std::map<ValueId, QFormat>& fixed);

/// These activations and all weights and 8-bit biases, the parameters of a layer in front of what it writes.
std::vector<TiedValues> search_order(const Graph& graph, const std::vector<TiedValues>& activations, const Quantization& quantization);

/// Tensor by tensor, in order of execution, later activations still float in `search`. `minmax` has a format for each tensor.
void progressive_search(RangeSearch& search, const std::vector<TiedValues>& activations, const Quantization& minmax, bool is_quiet);

/// The formats of the rules that descents start from, beside those of minmax.
std::vector<Quantization> descent_starts(const CalibratedNet& net);

struct DescendSettings {
  int max_sweeps = 3;
  std::size_t descents = 3;   ///< from that many of the cheapest starts
  bool moves_jointly = true;
  bool is_quiet = false;
};

/// Coordinate descent over activations, weights and 8-bit biases from the best of several starts, then joint moves (descend.cpp).
void descend_search(RangeSearch& search, const std::vector<TiedValues>& activations, const std::vector<Quantization>& starts, const DescendSettings& settings);

/// Sweeps over the activations alone, from where `search` stands: weights and biases keep their formats and corrections.
void refine_search(RangeSearch& search, const std::vector<TiedValues>& activations, const DescendSettings& settings);

}  // namespace qmn
