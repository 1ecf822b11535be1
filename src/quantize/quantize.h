// SPDX-License-Identifier: Apache-2.0
// quantize/quantize.h   From a float model and calibration features to formats for every value.
#pragma once

#include "data/features.h"
#include "graph/quantization.h"
#include "quantize/tensor_range.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace qmn {

enum class RangeMethod { minmax, moving_average, percentile, mse, kl, progressive, descend };
inline constexpr RangeMethod kRangeMethods[] = {RangeMethod::minmax, RangeMethod::moving_average, RangeMethod::percentile, RangeMethod::mse,
                                                RangeMethod::kl,     RangeMethod::progressive,    RangeMethod::descend};  ///< all of them
const char* method_name(RangeMethod method);  ///< as --method takes it

/// What descend minimizes: the mean KL(float ‖ quantized) of the logits; with labels their cross-entropy, the share of wrong answers (ties by
/// KL), or the mean of KL and cross-entropy.
enum class Objective { kl, cross_entropy, accuracy, mix };
inline constexpr Objective kObjectives[] = {Objective::kl, Objective::cross_entropy, Objective::accuracy, Objective::mix};  ///< all of them
const char* objective_name(Objective objective);  ///< as --objective takes it

struct QuantizeSettings {
  RangeMethod method = RangeMethod::descend;
  int bias_bits = 8;                      ///< 8 or 32
  bool keeps_silent_frames = false;       ///< let frames of digital silence into the ranges
  int sweeps = 3;                         ///< of descend, at most
  std::vector<double> act_max{};          ///< in act_max_order: a power of two fixes that activation's range, 0 leaves it to the search; empty: all 0
  std::vector<std::string> wide_activations{};  ///< names of those that get 16 bits, beyond what a search may change
  bool is_per_channel = false;            ///< weights get a power of two for each output channel once the search has ended (channel_formats.h)
  bool is_quiet = false;
  Objective objective = Objective::kl;    ///< of descend
  double percentile = 99.99;              ///< of the method percentile
  double time_budget_seconds = 0;         ///< the search keeps the best so far when it has passed; 0: none
  std::filesystem::path state_path{};     ///< where an interrupted search leaves what it measured (score_book.h); empty: nowhere
};

/// Over the calibration clips, against their labels and the float model.
struct CalibrationScore {
  double kl = 0;             ///< mean KL(float ‖ quantized), in nats; of outputs that are values: noise over signal (divergence.h)
  double accuracy = 0;       ///< 0 … 1; 0 without labels
  double cross_entropy = 0;  ///< mean, against the labels, in nats; 0 without labels
};

/// One move that a search kept.
struct SearchStep {
  std::string what;             ///< "pw_1 +1, dw_2 -1": tensors and fractional bits
  std::int64_t evaluations = 0;  ///< until then
  CalibrationScore score;        ///< after it
};

struct QuantizeResult {
  Model model;                       ///< prepared for inference, with its Quantization
  std::vector<std::string> remarks;  ///< what was clamped or left out, a line each
  std::map<ValueId, double> saturating_share;  ///< of each activation: share of its calibration values beyond its format
  std::vector<TensorRange> tensors;  ///< activations (tied ones once) and parameters, in order of execution
  CalibrationScore start;            ///< with every range at its min/max
  CalibrationScore final;
  std::vector<SearchStep> trace;     ///< of the search
  std::int64_t evaluations = 0;      ///< formats that were tried
  bool is_out_of_time = false;       ///< the time budget ended the search
};

/// Formats for all weights, biases and activations. `calibration` is what the search sees; labels steer `progressive` and the labeled objectives.
/// Error (data): no calibration clips, features or labels that do not fit the model, an operator that has no integer form.
QuantizeResult quantize_model(const Model& float_model, const FeatureSet& calibration, const QuantizeSettings& settings);

/// Weights and biases alone, by the classic rule (parameters.cpp); activations stay float.
Quantization quantize_parameters(const Graph& prepared, int bias_bits);

/// Clamps formats so that every bias_shift and out_shift lies in range, and sets 32-bit biases to accumulator scale; says what it changed.
std::vector<std::string> legalize(const Graph& prepared, Quantization& quantization);

/// The activations that --act_max names, in its order: DNN = input, each fully connected (the last are the logits); DS-CNN = input, then
/// each convolution, pool, logits.
std::vector<ValueId> act_max_order(const Graph& prepared);

/// The formats that --act_max stands for, on values tied by Flatten too; a 0 gives none. Error (usage): a wrong count (lists the
/// activations in order), a value that is neither 0 nor a power of two.
std::map<ValueId, QFormat> act_max_formats(const Graph& prepared, const std::vector<double>& act_max);

}  // namespace qmn
