// SPDX-License-Identifier: Apache-2.0
// audio/sound_block.h   What whole files and streams have in common: limits, blocks of samples mixed to mono, and the reasons of libsndfile.
#pragma once

#include <sndfile.h>
#include <soxr.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace qmn {

struct CloseSound {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using Sound = std::unique_ptr<SNDFILE, CloseSound>;

/// The quality of every change of rate.
inline soxr_quality_spec_t resampling_quality() { return soxr_quality_spec(SOXR_HQ, 0); }

/// libsndfile's reason without the full stop and line ends it brings along; of the last failed opening: nullptr.
std::string sound_error(SNDFILE* file);

/// Error (data) naming `name`: a sample rate that cannot be read.
void check_source_rate(int rate_hz, const std::string& name);

/// Error (data) naming `name`.
void check_finite(std::span<const float> samples, const std::string& name);

/// [frame][channel] → [frame]: the mean over the channels, within [-1, 1).
std::vector<float> mix_down(std::span<const float> interleaved, std::size_t channels);

inline float clamp_sample(float sample) { return std::clamp(sample, -1.0f, 0x1.fffffep-1f); }

}  // namespace qmn
