// SPDX-License-Identifier: Apache-2.0
// quantize/calibrated_net.h   A float net and what one pass over the calibration clips says of it: where every method begins.
#pragma once

#include "quantize/calibration_mask.h"
#include "quantize/layers.h"
#include "quantize/observer.h"
#include "quantize/quantize.h"
#include "quantize/range_choice.h"

#include <string>
#include <vector>

namespace qmn {

class CalibratedNet {
 public:
  /// `prepared`: by prepare_for_inference. Keeps a reference to the clips. Error (data): no clips, features or labels that do not fit, an
  /// operator that has no integer form, a value that becomes infinite.
  CalibratedNet(Graph prepared, const FeatureSet& clips, const QuantizeSettings& settings);
  CalibratedNet(const CalibratedNet&) = delete;
  CalibratedNet& operator=(const CalibratedNet&) = delete;

  const Graph& prepared() const { return prepared_; }
  const Graph& graph() const { return graph_; }                              ///< ends at the logits
  const FeatureSet& clips() const { return clips_; }
  const std::vector<float>& reference() const { return reference_; }         ///< float logits of the clips
  const RangeObserver& observer() const { return observer_; }
  const std::vector<TiedValues>& activations() const { return activations_; }  ///< those that a search may change
  const Quantization& parameters() const { return parameters_; }             ///< weights and biases by the classic rule, activations float
  Quantization formats(RangeRule rule) const;                                ///< of all values; what --act_max fixes stays fixed
  const std::vector<std::string>& remarks() const { return remarks_; }

  /// What ships when the formats are `wish`: legal, with its softmax, described.
  QuantizeResult result(Metadata metadata, const Quantization& wish) const;

 private:
  void remark_silence();

  Graph prepared_, graph_;
  const FeatureSet& clips_;
  double percentile_;
  CalibrationMask mask_;
  RangeObserver observer_;
  std::vector<float> reference_;
  std::map<ValueId, QFormat> fixed_;
  std::vector<TiedValues> activations_;
  Quantization parameters_;
  std::vector<std::string> remarks_;
};

}  // namespace qmn
