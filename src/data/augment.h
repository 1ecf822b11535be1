// SPDX-License-Identifier: Apache-2.0
// data/augment.h   Disturbs one clip: speed, crop, time shift, gain, background noise; then, on its features, masks.
#pragma once

#include "base/random.h"
#include "data/background.h"
#include "data/features.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

/// Error (usage) for settings out of range, naming the field.
void check_augment(const AugmentSettings& settings);

/// The first `clip_samples` samples; zeros follow a shorter recording.
std::vector<float> fit_clip(std::span<const std::int16_t> samples, std::size_t clip_samples);

/// A disturbed clip of `clip_samples` samples. In order: the speed by linear interpolation (pitch moves along), a random crop where the
/// recording is longer than the clip, zeros where it is shorter, the shift (zeros move in), gain, noise.
std::vector<float> augment_clip(std::span<const std::int16_t> samples, std::size_t clip_samples, int sample_rate_hz, const AugmentSettings& settings,
                                const Background& background, Random& random);

/// What a 16-bit converter makes of the clip: every sample a multiple of 1/32768 within range.
void round_to_pcm16(std::span<float> clip);

/// At most one mask over frames and one over coefficients; masked values take their coefficient's mean over the clip.
void mask_features(std::span<float> features, std::size_t coefficient_count, const AugmentSettings& settings, Random& random);

}  // namespace qmn
