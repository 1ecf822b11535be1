// SPDX-License-Identifier: Apache-2.0
// frontend/mel.h   The mel filter bank of TensorFlow's Mfcc op, band by band.
//
// Centers lie evenly on mel(f) = 1127 ln(1 + f/700) between the limits. A bin between two centers gives w to the band below it (its
// falling side) and 1 - w to the band above it (its rising side), w = (center above - mel) / (center above - center below).
// DC and bins outside of the limits give nothing.
#pragma once

#include <vector>

namespace qmn {

/// A bin inside the limits: center(above - 1) <= its frequency <= center(above), where center(-1) and center(bands) are the limits.
struct MelBin {
  int above = 0;       ///< 0 … band_count
  double falling = 0;  ///< w: the share of band above - 1; band `above` has 1 - w. Either may not exist.
};

struct MelBins {
  int first_bin = 0;
  std::vector<MelBin> bins;  ///< of first_bin, first_bin + 1, …
};

/// `bin_count` = FFT length / 2 + 1.
MelBins mel_bins(int bin_count, double sample_rate_hz, double lower_hz, double upper_hz, int band_count);

struct MelBand {
  int first_bin = 0;
  std::vector<double> weights;  ///< of first_bin, first_bin + 1, …; empty: the band is narrower than a bin and stays at the floor
};

/// The same, band by band.
std::vector<MelBand> mel_bands(int bin_count, double sample_rate_hz, double lower_hz, double upper_hz, int band_count);

}  // namespace qmn
