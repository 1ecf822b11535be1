// SPDX-License-Identifier: Apache-2.0
#include "frontend/mfcc.h"

#include "frontend/mel.h"

#include <kissfft/kissfft.hh>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>

namespace qmn {
namespace {

constexpr double kEnergyFloor = 1e-12;

/// Even and odd terms apart: two short chains of additions instead of one long one.
double weighted_sum(const std::vector<double>& weights, const double* values) {
  double even = 0, odd = 0;
  std::size_t i = 0;
  for (; i + 1 < weights.size(); i += 2) {
    even += weights[i] * values[i];
    odd += weights[i + 1] * values[i + 1];
  }
  if (i < weights.size()) even += weights[i] * values[i];
  return even + odd;
}

}  // namespace

struct Mfcc::Impl {
  FrontEndSettings settings;
  std::size_t fft_length;
  kissfft<double> half_fft;                    // the real transform runs as a complex one of half the length
  std::vector<std::complex<double>> twiddles;  // [end_bin], e^(-2πi·bin/fft_length), to take the two halves apart
  std::vector<double> window;                  // [window_samples]
  std::vector<MelBand> bands;
  std::size_t first_bin = SIZE_MAX, end_bin = 0;  // the bins that some band takes
  std::vector<double> dct;                        // [band][coefficient]
  std::vector<float> scales;                      // [coefficient], 2^-shift

  explicit Impl(const FrontEndSettings& chosen)
      : settings(chosen),
        fft_length(std::max<std::size_t>(4, std::bit_ceil(static_cast<std::size_t>(chosen.window_samples)))),
        half_fft(fft_length / 2, false),
        window(static_cast<std::size_t>(chosen.window_samples)),
        bands(mel_bands(static_cast<int>(fft_length / 2 + 1), chosen.sample_rate_hz, chosen.lower_hz, chosen.upper_hz, chosen.mel_bands)),
        scales(static_cast<std::size_t>(chosen.coefficient_count), 1.0f) {
    constexpr double pi = std::numbers::pi;
    for (std::size_t i = 0; i < window.size(); ++i) {
      window[i] = 0.5 - 0.5 * std::cos(2.0 * pi * static_cast<double>(i) / static_cast<double>(window.size()));
    }
    for (const MelBand& band : bands) {
      if (band.weights.empty()) continue;
      first_bin = std::min(first_bin, static_cast<std::size_t>(band.first_bin));
      end_bin = std::max(end_bin, static_cast<std::size_t>(band.first_bin) + band.weights.size());
    }
    first_bin = std::min(first_bin, end_bin);
    for (std::size_t bin = 0; bin < end_bin; ++bin) twiddles.push_back(std::polar(1.0, -2.0 * pi * static_cast<double>(bin) / static_cast<double>(fft_length)));
    const double norm = std::sqrt(2.0 / settings.mel_bands);
    for (int band = 0; band < settings.mel_bands; ++band) {
      for (int c = 0; c < settings.coefficient_count; ++c) dct.push_back(norm * std::cos(c * (pi / settings.mel_bands) * (band + 0.5)));
    }
    for (std::size_t c = 0; c < settings.coefficient_shifts.size(); ++c) scales[c] = std::ldexp(1.0f, -settings.coefficient_shifts[c]);
  }

  /// What compute_frame() needs, made once a call.
  struct Workspace {
    std::vector<double> framed;                  // [fft_length], zero behind the window
    std::vector<std::complex<double>> spectrum;  // [fft_length/2 + 1]
    std::vector<double> magnitudes;              // [fft_length/2 + 1]
    std::vector<double> coefficients;            // [coefficient_count]
  };

  void compute_frame(std::span<const float> samples, Workspace& work, std::span<float> coefficients) const {
    for (std::size_t i = 0; i < samples.size(); ++i) work.framed[i] = static_cast<double>(samples[i]) * window[i];
    std::fill(work.framed.begin() + static_cast<std::ptrdiff_t>(samples.size()), work.framed.end(), 0.0);
    half_fft.transform(reinterpret_cast<const std::complex<double>*>(work.framed.data()), work.spectrum.data());
    work.spectrum.back() = work.spectrum.front();  // the half transform is periodic

    // Even and odd samples went in as real and imaginary parts: X[k] = even[k] + twiddle[k] · odd[k], even = (Z[k] + Z*[half-k]) / 2,
    // odd = (Z[k] - Z*[half-k]) / 2i. Only the bins that some band takes are made, and only their magnitudes.
    const std::size_t half = fft_length / 2;
    double* magnitudes = work.magnitudes.data();
    for (std::size_t bin = first_bin; bin < end_bin; ++bin) {
      const std::complex<double> z = work.spectrum[bin], mirrored = work.spectrum[half - bin], twiddle = twiddles[bin];
      const double even_re = 0.5 * (z.real() + mirrored.real()), even_im = 0.5 * (z.imag() - mirrored.imag());
      const double odd_re = 0.5 * (z.imag() + mirrored.imag()), odd_im = 0.5 * (mirrored.real() - z.real());
      const double re = even_re + (twiddle.real() * odd_re - twiddle.imag() * odd_im);
      const double im = even_im + (twiddle.real() * odd_im + twiddle.imag() * odd_re);
      const auto power = static_cast<float>(re * re + im * im);  // TensorFlow's edge between the two ops is float
      magnitudes[bin] = std::sqrt(static_cast<double>(power));
    }

    std::fill(work.coefficients.begin(), work.coefficients.end(), 0.0);
    const double* dct_row = dct.data();
    for (const MelBand& band : bands) {
      const double log_energy = std::log(std::max(weighted_sum(band.weights, magnitudes + band.first_bin), kEnergyFloor));
      for (double& coefficient : work.coefficients) coefficient += log_energy * *dct_row++;
    }
    std::transform(work.coefficients.begin(), work.coefficients.end(), coefficients.begin(), [](double value) { return static_cast<float>(value); });
  }
};

Mfcc::Mfcc(const FrontEndSettings& settings) {
  check_front_end(settings);
  impl_ = std::make_unique<Impl>(settings);
}
Mfcc::~Mfcc() = default;
Mfcc::Mfcc(Mfcc&&) noexcept = default;
Mfcc& Mfcc::operator=(Mfcc&&) noexcept = default;

const FrontEndSettings& Mfcc::settings() const { return impl_->settings; }

std::vector<float> Mfcc::compute(std::span<const float> samples) const {
  const FrontEndSettings& settings = impl_->settings;
  const auto clip = static_cast<std::size_t>(settings.clip_samples);
  const auto window = static_cast<std::size_t>(settings.window_samples);
  const auto hop = static_cast<std::size_t>(settings.hop_samples);
  const auto width = static_cast<std::size_t>(settings.coefficient_count);
  samples = samples.first(std::min(samples.size(), clip));

  Impl::Workspace work{.framed = std::vector<double>(impl_->fft_length),
                       .spectrum = std::vector<std::complex<double>>(impl_->fft_length / 2 + 1),
                       .magnitudes = std::vector<double>(impl_->fft_length / 2 + 1),
                       .coefficients = std::vector<double>(width)};
  std::vector<float> result(static_cast<std::size_t>(settings.feature_count()));
  for (std::size_t frame = 0; frame < static_cast<std::size_t>(settings.frame_count()); ++frame) {
    const std::size_t begin = std::min(frame * hop, samples.size());
    const std::size_t length = std::min(window, samples.size() - begin);
    impl_->compute_frame(samples.subspan(begin, length), work, std::span(result).subspan(frame * width, width));
  }
  return result;
}

std::vector<float> Mfcc::features(std::span<const float> samples) const {
  std::vector<float> result = compute(samples);
  const std::size_t width = impl_->scales.size();
  for (std::size_t i = 0; i < result.size(); ++i) result[i] *= impl_->scales[i % width];
  return result;
}

}  // namespace qmn
