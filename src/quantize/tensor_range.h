// SPDX-License-Identifier: Apache-2.0
// quantize/tensor_range.h   What is known of one tensor's range: the distribution of its values, what drives it, the formats that the rules
// propose, and the one that was chosen. The report draws it.
#pragma once

#include "data/features.h"
#include "graph/quantization.h"
#include "quantize/observer.h"

#include <string>
#include <utility>
#include <vector>

namespace qmn {

struct RangeCandidate {
  std::string rule;  ///< "minmax", "percentile", …
  QFormat format;
  double saturating_share = 0;  ///< of the calibration values
};

struct TensorRange {
  ValueId value = kNoValue;
  std::string name;
  bool is_parameter = false;
  ObservedRange observed;                  ///< min, max, histogram, the extreme and its clip and channel
  std::vector<RangeCandidate> candidates{};  ///< one a rule, in the order of kRangeRules
  QFormat chosen;
  double saturating_share = 0;             ///< in the chosen format
  /// Share of the values with |x| >= 2^k for the widest power of two that matters and the next ones below: {k, share}, share rising to 1 %.
  std::vector<std::pair<int, double>> beyond{};
};

/// Of the activations (tied ones once) and parameters of `graph`, in order of execution.
std::vector<TensorRange> tensor_ranges(const Graph& graph, const RangeObserver& observer, const Quantization& chosen, double percentile);

/// Of a quantized model, over `clips` without digital silence, in the float net.
std::vector<TensorRange> observe_tensors(const Model& quantized, const FeatureSet& clips, double percentile);

/// The values of a parameter, as if observed.
ObservedRange observe_parameter(const Graph& graph, ValueId parameter);

}  // namespace qmn
