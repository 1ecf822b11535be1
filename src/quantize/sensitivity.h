// SPDX-License-Identifier: Apache-2.0
// quantize/sensitivity.h   Which tensor costs how much: each one left out of the quantization, each one quantized alone, and its SQNR.
//
//   leave one out   all tensors in their formats but this one, which is float     harm = KL(all) - KL(leave one out)
//   one only        this tensor in its format, all others float                   what it costs by itself
//   SQNR            10 log10(sum x^2 / sum (x - q)^2), x of the float net, q of the net as it ships: errors of earlier layers included
// Tied values (a Flatten's input and output) are one tensor. All scores are by fake-quant, which equals the integer program.
#pragma once

#include "quantize/layers.h"
#include "quantize/quantize.h"

#include <map>
#include <string>
#include <vector>

namespace qmn {

enum class TensorKind { activation, weight, bias };
const char* tensor_kind_name(TensorKind kind);  ///< "activation", "weight", "bias"

struct TensorSensitivity {
  std::string name;   ///< of the first of `values`
  std::string layer;  ///< the node that writes or owns it; empty for the net's input
  TensorKind kind = TensorKind::activation;
  TiedValues values;
  QFormat format;
  CalibrationScore leave_one_out, one_only;
  double harm = 0;     ///< KL that would be gained if this tensor alone were float; negative where its error happens to help
  double sqnr_db = 0;  ///< +infinity when nothing is lost, -infinity when a tensor of zeros is not answered by zeros
};

struct Sensitivity {
  OutputKind outputs = OutputKind::classes;  ///< of values, every KL here is noise over signal, and no accuracy is known
  CalibrationScore float_net, quantized_net;
  std::vector<TensorSensitivity> tensors;  ///< most harmful first; equal harm: the higher KL of one_only first
};

enum class SensitivityScope {
  all,
  harm,                ///< leave-one-out alone; one_only and sqnr_db stay empty
  harm_of_activations  ///< and of activations only: the others are not listed
};

/// Over `clips`, whose labels, where there are some, give the accuracies. `quantized` has formats; tensors without one are left out.
/// Error (data): no clips, or features that do not fit the model.
Sensitivity measure_sensitivity(const Model& quantized, const FeatureSet& clips, bool is_quiet, SensitivityScope scope = SensitivityScope::all);

/// SQNR in dB of every value that has a format, parameters by themselves and activations over `clips`. `graph` is prepared.
std::map<ValueId, double> measure_sqnr(const Graph& graph, const Quantization& quantization, const FeatureSet& clips);

}  // namespace qmn
