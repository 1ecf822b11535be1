// SPDX-License-Identifier: Apache-2.0
// quantize/check_score.h   How much a quantized net loses, on clips that no search saw: what decides which remedy is kept.
//
// A few hundred clips cannot show a tenth of a point of accuracy: one clip is more than that. So the clips are disturbed copies, several of
// each, and the loss is not counted but expected: where the label changes, the float net's own probabilities say what that costs.
//   expected loss = mean over clips of  p(float's label) − p(quantized label),   p = softmax of the float logits
// It is 0 where labels agree, small where the float net was undecided itself, and needs no labels. Clips of other speakers change more
// labels, twice as many as the check clips did where it was measured, and cost up to a fifth of them; so what is compared with a limit is cautious:
//   cautious loss = max(expected loss, 0.4 · share of changed labels)
// (docs/adr/0008-check-split.md).
// Of outputs that are values, KL and losses all are the noise over the signal (divergence.h): a limit of 0.1 % asks for an SQNR of 30 dB.
#pragma once

#include "data/feature_set.h"

#include <span>

namespace qmn {

struct CheckScore {
  double kl = 0;             ///< mean KL(float ‖ quantized), in nats
  double agreement = 0;      ///< share of clips with the float net's label
  double expected_loss = 0;  ///< of accuracy, as a share
  double cautious_loss = 0;  ///< likewise; never below the expected one
  double difference = 0;     ///< accuracy of the quantized net minus that of the float one, as a share: noisy, shown beside
};

/// Of outputs [clip][output] over these clips.
CheckScore check_score(std::span<const float> reference, std::span<const float> quantized, const FeatureSet& clips);

}  // namespace qmn
