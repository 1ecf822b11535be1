// SPDX-License-Identifier: Apache-2.0
// data/effects.h   What makes synthetic speech less clean: silence trimmed, another speed, a room, noise, level. Pure functions of their
// arguments; whatever is random is drawn from the given generator.
#pragma once

#include "base/random.h"

#include <cstddef>
#include <span>
#include <vector>

namespace qmn {

/// Root of the mean square; 0 when empty.
double rms(std::span<const float> samples);

/// Without the quiet parts at both ends: what lies more than `threshold_db` below the peak. `margin` samples are kept on each side.
std::span<const float> trim_silence(std::span<const float> samples, double threshold_db, std::size_t margin);

/// As a tape that runs `factor` times as fast: shorter and higher for factors above 1.
std::vector<float> change_speed(std::span<const float> samples, double factor);

/// `length` samples with `sound` at `offset`, zeros around it; what does not fit is cut.
std::vector<float> place(std::span<const float> sound, std::size_t length, std::size_t offset);

/// Scales so that the largest |sample| is `peak`; silence stays silence.
void scale_to_peak(std::span<float> samples, double peak);

enum class NoiseColor { white, pink, brown };  ///< power falls by 0, 3, 6 dB an octave
/// RMS 1.
std::vector<float> make_noise(NoiseColor color, std::size_t count, Random& random);
/// Mains hum: 50 or 60 Hz with harmonics, RMS 1.
std::vector<float> make_hum(std::size_t count, int sample_rate_hz, Random& random);

/// Adds `noise`, read from `offset` on and around its end, `snr_db` below a sound of the given RMS.
void add_noise(std::span<float> samples, std::span<const float> noise, std::size_t offset, double sound_rms, double snr_db);

/// A room as a sparse impulse response: the direct sound, then pulses of random sign, 2000 a second, that fall by 60 dB within `decay_ms`.
/// The reverberation as a whole has the energy of the direct sound times 10^(-direct_to_reverberant_db/10).
struct RoomResponse {
  struct Pulse {
    std::size_t delay;
    float gain;
  };
  std::vector<Pulse> pulses;
};
RoomResponse make_room(double decay_ms, double direct_to_reverberant_db, int sample_rate_hz, Random& random);
/// The convolution, cut to the length of `samples`.
std::vector<float> apply_room(std::span<const float> samples, const RoomResponse& room);

}  // namespace qmn
