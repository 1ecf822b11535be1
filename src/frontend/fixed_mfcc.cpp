// SPDX-License-Identifier: Apache-2.0
#include "frontend/fixed_mfcc.h"

#include "base/check.h"
#include "base/error.h"
#include "frontend/mel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

namespace qmn {
namespace {

constexpr int kMinFftLength = 8, kMaxFftLength = 8192;
constexpr double kEnergyFloor = 1e-12;
constexpr double kOne = 65536.0;  // of Q16

std::int64_t round_ties_up(double value) { return static_cast<std::int64_t>(std::floor(value + 0.5)); }

template <class T>
T fixed(double value, int frac_bits) {
  const auto raw = round_ties_up(std::ldexp(value, frac_bits));
  return static_cast<T>(std::clamp<std::int64_t>(raw, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

/// The most fractional bits that hold ±bound in 16 bits.
int frac_bits_for(double bound) {
  int bits = 15;
  while (std::floor(std::ldexp(bound, bits) + 0.5) > 32767) --bits;
  return bits;
}

void set_transform(MfccTables& tables, int window_samples) {
  qmn_mfcc& mfcc = tables.scalars;
  mfcc.fft_length = std::max(kMinFftLength, static_cast<int>(std::bit_ceil(static_cast<unsigned>(window_samples))));
  mfcc.fft_log2 = std::countr_zero(static_cast<unsigned>(mfcc.fft_length));
  const int radix4_stages = (mfcc.fft_log2 - 1) / 2 - 1;  // behind the first
  const int has_radix2 = (mfcc.fft_log2 - 1) % 2;
  // The modulus grows by 4 in the first stage, by 2 in each further one of radix 4, not in that of radix 2, and by 2 in the bins of the
  // real transform; sqrt(2) is left for the two components of an input.
  mfcc.input_bits = 27 - radix4_stages;
  const int halvings = radix4_stages + has_radix2;
  mfcc.log2_offset = (mfcc.input_bits - halvings + 15) * 65536;  // 15: weights of the filters
  mfcc.floor_log2 = static_cast<std::int32_t>(round_ties_up(std::log2(kEnergyFloor) * kOne));
  for (int i = 0; i < window_samples; ++i) {
    tables.window.push_back(fixed<std::int16_t>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * i / window_samples), 15));
  }
  if (window_samples % 2 != 0) tables.window.push_back(0);
}

/// cos in the low half, sin in the high half, of the angle 2 pi · turns.
std::int32_t twiddle(double turns) {
  const auto half = [](double value) { return static_cast<std::uint32_t>(static_cast<std::uint16_t>(fixed<std::int16_t>(value, 15))); };
  const double angle = 2 * std::numbers::pi * turns;
  return static_cast<std::int32_t>((half(std::sin(angle)) << 16) | half(std::cos(angle)));
}

void set_twiddles(MfccTables& tables) {
  const qmn_mfcc& mfcc = tables.scalars;
  const int n = mfcc.fft_length / 2;
  int length = 4;
  for (; 4 * length <= n; length *= 4) {
    for (int k = 0; k < length; ++k) {
      for (int leg = 1; leg <= 3; ++leg) tables.twiddles.push_back(twiddle(leg * k / (4.0 * length)));
    }
  }
  for (int k = 0; length < n && k < length; ++k) tables.twiddles.push_back(twiddle(k / static_cast<double>(n)));
  for (int bin = mfcc.first_bin; bin < mfcc.end_bin; ++bin) tables.twiddles.push_back(twiddle(bin / static_cast<double>(mfcc.fft_length)));
}

void set_filters(MfccTables& tables, const FrontEndSettings& settings) {
  qmn_mfcc& mfcc = tables.scalars;
  const MelBins mel = mel_bins(mfcc.fft_length / 2 + 1, settings.sample_rate_hz, settings.lower_hz, settings.upper_hz, settings.mel_bands);
  mfcc.first_bin = mel.first_bin;
  mfcc.end_bin = mel.first_bin + static_cast<int>(mel.bins.size());
  std::size_t bin = 0;
  for (int segment = 0; segment <= settings.mel_bands; ++segment) {
    for (; bin < mel.bins.size() && mel.bins[bin].above == segment; ++bin) tables.falling.push_back(fixed<std::uint16_t>(mel.bins[bin].falling, 15));
    tables.segments.push_back(static_cast<std::int16_t>(bin));
  }
  QMN_CHECK(bin == mel.bins.size(), "bins come in the order of their frequencies");
}

/// Log energies lie between that of the floor and that of a clip at full scale: sum(window) <= window_samples in each of the bins.
double largest_log2(const MfccTables& tables) {
  return std::log2(static_cast<double>(tables.window.size()) * static_cast<double>(std::max<std::size_t>(1, tables.falling.size())));
}

void set_dct(MfccTables& tables, const FrontEndSettings& settings) {
  const int bands = settings.mel_bands;
  const double norm = std::numbers::ln2 * std::sqrt(2.0 / bands);
  const double low = std::log2(kEnergyFloor), high = largest_log2(tables);
  tables.scalars.dct_frac_bits = frac_bits_for(norm);
  for (int c = 0; c < settings.coefficient_count; ++c) {
    double magnitude = 0, sum = 0;
    for (int band = 0; band < bands; ++band) {
      const double weight = norm * std::cos(c * std::numbers::pi / bands * (band + 0.5));
      tables.dct.push_back(fixed<std::int16_t>(weight, tables.scalars.dct_frac_bits));
      magnitude += std::abs(weight);
      sum += weight;
    }
    // |Σ w x| <= |Σ w| · |middle| + Σ |w| · half of the range
    const double bound = std::abs(sum) * std::abs(high + low) / 2 + magnitude * (high - low) / 2;
    tables.feature_frac_bits.push_back(static_cast<std::int8_t>(frac_bits_for(bound)));
  }
}

}  // namespace

std::int64_t MfccTables::size_bytes() const {
  return static_cast<std::int64_t>(2 * window.size() + 4 * twiddles.size() + 2 * falling.size() + 2 * segments.size() + 2 * dct.size() + feature_frac_bits.size());
}

bool has_fixed_form(const FrontEndSettings& settings) {
  return settings.window_samples > kMinFftLength / 2 && settings.window_samples <= kMaxFftLength;
}

std::vector<std::int8_t> input_shifts(const MfccTables& tables, const std::vector<int>& coefficient_shifts, int input_frac_bits) {
  constexpr int kMostLeft = 15, kMostRight = 24;
  std::vector<std::int8_t> shifts;
  for (std::size_t c = 0; c < tables.feature_frac_bits.size(); ++c) {
    const int shift = tables.feature_frac_bits[c] + (coefficient_shifts.empty() ? 0 : coefficient_shifts.at(c)) - input_frac_bits;
    shifts.push_back(static_cast<std::int8_t>(std::clamp(shift, -kMostLeft, kMostRight)));
  }
  return shifts;
}

MfccTables make_mfcc_tables(const FrontEndSettings& settings) {
  check_front_end(settings);
  if (!has_fixed_form(settings)) {
    fail_usage("--window_size_ms: a window of {} samples; the fixed-point front end takes {} to {}", settings.window_samples, kMinFftLength / 2 + 1, kMaxFftLength);
  }
  MfccTables tables;
  tables.scalars.window_samples = settings.window_samples;
  tables.scalars.hop_samples = settings.hop_samples;
  tables.scalars.band_count = settings.mel_bands;
  tables.scalars.coefficient_count = settings.coefficient_count;
  set_transform(tables, settings.window_samples);
  set_filters(tables, settings);
  set_twiddles(tables);
  set_dct(tables, settings);
  return tables;
}

FixedMfcc::FixedMfcc(const FrontEndSettings& settings) : settings_(settings), tables_(make_mfcc_tables(settings)), mfcc_(tables_.scalars) {
  mfcc_.window = tables_.window.data();
  mfcc_.twiddles = tables_.twiddles.data();
  mfcc_.falling = tables_.falling.data();
  mfcc_.segments = tables_.segments.data();
  mfcc_.dct = tables_.dct.data();
  mfcc_.feature_frac_bits = tables_.feature_frac_bits.data();
}

std::vector<std::int16_t> FixedMfcc::compute(std::span<const std::int16_t> samples) const {
  const auto window = static_cast<std::size_t>(settings_.window_samples), hop = static_cast<std::size_t>(settings_.hop_samples);
  std::vector<std::int16_t> clip(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(std::min(samples.size(), static_cast<std::size_t>(settings_.clip_samples))));
  clip.resize(static_cast<std::size_t>(settings_.clip_samples));
  std::vector<std::int32_t> workspace(static_cast<std::size_t>(QMN_MFCC_WORKSPACE_BYTES(mfcc_.fft_length, mfcc_.first_bin, mfcc_.end_bin)) / 4);
  std::vector<std::int16_t> result(static_cast<std::size_t>(settings_.feature_count()));
  for (std::size_t frame = 0; frame < static_cast<std::size_t>(settings_.frame_count()); ++frame) {
    QMN_CHECK(frame * hop + window <= clip.size(), "a frame lies within the clip");
    qmn_mfcc_frame(&mfcc_, clip.data() + frame * hop, workspace.data(), result.data() + frame * static_cast<std::size_t>(settings_.coefficient_count));
  }
  return result;
}

std::vector<float> FixedMfcc::features(std::span<const std::int16_t> samples) const {
  const std::vector<std::int16_t> raw = compute(samples);
  std::vector<float> reals(raw.size());
  const auto width = static_cast<std::size_t>(settings_.coefficient_count);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::size_t c = i % width;
    const int shift = tables_.feature_frac_bits[c] + (settings_.coefficient_shifts.empty() ? 0 : settings_.coefficient_shifts[c]);
    reals[i] = std::ldexp(static_cast<float>(raw[i]), -shift);
  }
  return reals;
}

}  // namespace qmn
