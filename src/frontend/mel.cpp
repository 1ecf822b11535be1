// SPDX-License-Identifier: Apache-2.0
#include "frontend/mel.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

double mel_of(double hz) { return 1127.0 * std::log1p(hz / 700.0); }

}  // namespace

MelBins mel_bins(int bin_count, double sample_rate_hz, double lower_hz, double upper_hz, int band_count) {
  const double low = mel_of(lower_hz);
  const double spacing = (mel_of(upper_hz) - low) / (band_count + 1);
  auto center = [&](int band) { return low + spacing * (band + 1); };  // center(band_count) is the upper limit
  const double hz_per_bin = 0.5 * sample_rate_hz / (bin_count - 1);
  const int last = std::min(static_cast<int>(upper_hz / hz_per_bin), bin_count - 1);

  MelBins result{.first_bin = static_cast<int>(1.5 + lower_hz / hz_per_bin), .bins = {}};
  int above = 0;
  for (int bin = result.first_bin; bin <= last; ++bin) {
    const double mel = mel_of(bin * hz_per_bin);
    while (above < band_count && center(above) < mel) ++above;
    const double left = above > 0 ? center(above - 1) : low;
    result.bins.push_back({above, (center(above) - mel) / (center(above) - left)});
  }
  return result;
}

std::vector<MelBand> mel_bands(int bin_count, double sample_rate_hz, double lower_hz, double upper_hz, int band_count) {
  std::vector<MelBand> bands(static_cast<std::size_t>(band_count));
  auto give = [&](int band, int bin, double weight) {
    if (band < 0 || band >= band_count) return;
    MelBand& target = bands[static_cast<std::size_t>(band)];
    if (target.weights.empty()) target.first_bin = bin;
    target.weights.push_back(weight);
  };
  const MelBins all = mel_bins(bin_count, sample_rate_hz, lower_hz, upper_hz, band_count);
  int bin = all.first_bin;
  for (const MelBin& shares : all.bins) {
    give(shares.above - 1, bin, shares.falling);
    give(shares.above, bin, 1.0 - shares.falling);
    ++bin;
  }
  return bands;
}

}  // namespace qmn
